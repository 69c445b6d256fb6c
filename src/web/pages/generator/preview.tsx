import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { bytesText } from '../../components/bytes.ts';
import { Card } from '../../components/facts.tsx';
import { ScrollX } from '../../components/scroll-x.tsx';
import { TableHead } from '../../components/table-head.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { generatorTexts } from './texts.ts';

const COUNT = 5;

/** The next messages, as they would be sent now. */
export function Preview() {
  const t = useTexts(generatorTexts);
  const { data } = useQuery({
    queryKey: ['generator-preview'],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/generator/preview', { params: { query: { count: COUNT } }, signal })),
  });
  return (
    <Card title={t.preview}>
      <ScrollX label={t.preview}>
        <table className="plain plain--fixed">
          <TableHead columns={[[t.index, 'num plain__short'], t.key, [t.value, 'plain__wide'], t.fault]} />
          <tbody>
            {data?.messages.map(({ index, key, value, fault }, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a fault may send the same index twice.
              <tr key={at}>
                <td className="num">{index}</td>
                <td className="cut">
                  <code>{bytesText(key)}</code>
                </td>
                <td className="cut">
                  <code>{bytesText(value).slice(0, 300)}</code>
                </td>
                <td>{fault ?? '—'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
    </Card>
  );
}
