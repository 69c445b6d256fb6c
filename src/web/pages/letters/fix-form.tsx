import { useTexts } from '../../i18n/dictionary.ts';
import { OrderForm } from '../orders/order-form.tsx';
import { lettersTexts } from './texts.ts';

/** Mends the order of a letter and sends it as a new message. */
export function FixForm({ value }: { readonly value: unknown }) {
  const t = useTexts(lettersTexts);
  const start = JSON.stringify(value, undefined, 2);
  return (
    <details>
      <summary>{t.fix}</summary>
      <div className="stack">
        <p className="muted">{t.fixHint}</p>
        <OrderForm label={t.fixed} action={t.fix} start={start} rows={14} changes={['letters']} />
      </div>
    </details>
  );
}
