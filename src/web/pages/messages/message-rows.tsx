import { Button } from '@mantine/core';
import type { Message } from '../../../client/schema.generated.ts';
import { Link } from '../../app/link.tsx';
import { setQuery } from '../../app/navigation.ts';
import { bytesText } from '../../components/bytes.ts';
import { Instant } from '../../components/instant.tsx';
import { ScrollX } from '../../components/scroll-x.tsx';
import { TableHead } from '../../components/table-head.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { addressOf } from '../orders/address.ts';
import { messagesTexts } from './texts.ts';

/** Messages, one a line; a click on the position opens one. */
export function MessageRows({ messages }: { readonly messages: readonly Message[] }) {
  const t = useTexts(messagesTexts);
  return (
    <ScrollX label={t.list}>
      <table className="plain plain--fixed">
        <TableHead columns={[t.position, t.time, t.key, t.meaning, [t.value, 'plain__wide']]} />
        <tbody>
          {messages.map(({ partition, offset, timestamp, key, value, meaning }) => {
            const position = `${partition}:${offset}`;
            return (
              <tr key={position}>
                <td>
                  <Button
                    size="compact-xs"
                    variant="default"
                    onClick={() => setQuery({ message: position }, {})}
                  >
                    {position}
                  </Button>
                </td>
                <td>
                  <Instant at={timestamp} timeOnly />
                </td>
                <td className="cut">
                  <code>{bytesText(key)}</code>
                </td>
                <td className="cut">
                  {meaning.kind === 'order' ? (
                    <Link href={addressOf(meaning.order_uid)}>{t.order}</Link>
                  ) : (
                    <code>{meaning.reason}</code>
                  )}
                </td>
                <td className="cut">
                  <code>{bytesText(value)}</code>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollX>
  );
}
