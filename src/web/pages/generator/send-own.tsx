import { Button } from '@mantine/core';
import { Card } from '../../components/facts.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { OrderForm } from '../orders/order-form.tsx';
import { sampleOrder } from './sample-order.ts';
import { generatorTexts } from './texts.ts';

/** An order of one's own. */
export function SendOwn() {
  const t = useTexts(generatorTexts);
  return (
    <Card title={t.sendOwn}>
      <div className="stack">
        <OrderForm
          label={t.ownJson}
          action={t.send}
          start=""
          rows={10}
          more={(setText) => (
            <Button variant="default" onClick={() => setText(sampleOrder(Date.now()))}>
              {t.sample}
            </Button>
          )}
        />
      </div>
    </Card>
  );
}
