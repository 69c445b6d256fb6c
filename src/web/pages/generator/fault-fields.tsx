import { NumberField } from '../../components/number-field.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import type { ReadDraft } from './draft.ts';
import { FAULT_GROUP_NAMES, FAULT_GROUPS, type KnownFault } from './presets.ts';
import { generatorTexts } from './texts.ts';

interface FaultFieldsProps {
  /** The faults the generator has. */
  readonly known: readonly string[];
  /** Per cent by fault, as typed. */
  readonly faults: Readonly<Record<string, string>>;
  readonly read: ReadDraft;
  readonly onChange: (faults: Readonly<Record<string, string>>) => void;
}

/** The share of each fault, by groups, with the sum of all. */
export function FaultFields({ known, faults, read, onChange }: FaultFieldsProps) {
  const t = useTexts(generatorTexts);
  const format = useFormat();
  const { faultTotal, faultRefusals } = read;
  const isTooMuch = faultTotal > 100 + 1e-7;
  const field = (name: KnownFault) => (
    <NumberField
      key={name}
      size="xs"
      label={name}
      description={t.faultHints[name]}
      placeholder="0"
      rightSection="%"
      value={faults[name] ?? ''}
      refusal={faultRefusals[name]}
      error={isTooMuch && faults[name] ? t.tooMany : undefined}
      onText={(text) => onChange({ ...faults, [name]: text })}
    />
  );
  return (
    <details open={Object.keys(faultRefusals).length > 0 || isTooMuch || undefined}>
      <summary className={isTooMuch ? 'bad' : undefined}>{t.faults(format.percent(faultTotal, 4))}</summary>
      <p className="muted">{t.faultsHint}</p>
      {FAULT_GROUP_NAMES.map((group) => (
        <fieldset className="group" key={group}>
          <legend>{t.faultGroups[group]}</legend>
          <div className="fields fields--narrow">
            {FAULT_GROUPS[group].filter((name) => known.includes(name)).map(field)}
          </div>
        </fieldset>
      ))}
    </details>
  );
}
