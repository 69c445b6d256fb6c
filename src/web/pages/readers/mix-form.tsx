import type { Readers, ReadersChange } from '../../../client/schema.generated.ts';
import { readersRole } from '../../api/roles.ts';
import { fieldsOfQuery, queryOfFields, type TypedFields } from '../../components/field-query.ts';
import { namesOf } from '../../components/names.ts';
import { NumberField } from '../../components/number-field.tsx';
import { Card } from '../../components/page.tsx';
import { RunForm } from '../../components/run-form.tsx';
import { type TypedQuery, useTyped } from '../../components/typed.ts';
import { useLanguage, useTexts } from '../../i18n/language.ts';
import { numberText, type Refusal, readNumber } from '../../i18n/number-text.ts';
import { readersTexts } from './texts.ts';

type Field = keyof typeof LIMITS;

const PERCENT = { least: 0, most: 100 } as const;

/** What the API takes. */
const LIMITS = {
  rate: { least: 0.1, most: 10_000 },
  absent: PERCENT,
  lists: PERCENT,
  repeats: PERCENT,
  think_ms: { least: 0, most: 86_400_000, whole: true },
  zipf: { least: 0, most: 10 },
  connections: { least: 1, most: 64, whole: true },
} as const satisfies Record<keyof ReadersChange, unknown>;

const FIELDS = namesOf<Field>(LIMITS);

const MIX_QUERY: TypedQuery<TypedFields<Field>> = {
  names: FIELDS,
  toQuery: queryOfFields,
  ofQuery: (query) => fieldsOfQuery(query, FIELDS),
};

/** Rate and mix. What is not typed is as the readers have it at present. */
export function MixForm({ readers }: { readonly readers: Readers }) {
  const t = useTexts(readersTexts);
  const language = useLanguage();
  const [typed, setTyped] = useTyped('mix', MIX_QUERY);
  const change: ReadersChange = {};
  const refusals: Partial<Record<Field, Refusal>> = {};
  for (const name of FIELDS) {
    const text = typed[name];
    const read = text === undefined ? undefined : readNumber(text, LIMITS[name], language);
    if (typeof read === 'number') change[name] = read;
    else if (read !== undefined) refusals[name] = read;
  }
  const share = (name: 'absent' | 'lists' | 'repeats') => change[name] ?? readers[name];
  const tooMany = share('absent') + share('lists') + share('repeats') > 100 + 1e-9;
  return (
    <Card title={t.mix}>
      <RunForm
        state={readers.state}
        change={change}
        isValid={!tooMany && Object.keys(refusals).length === 0}
        isTyped={Object.keys(typed).length > 0}
        clear={() => setTyped({})}
        start={readersRole.start}
        apply={readersRole.change}
        stop={readersRole.stop}
        changes={['readers']}
        texts={t}
      >
        <div className="fields fields--top">
          {FIELDS.map((name) => (
            <NumberField
              key={name}
              label={t.fields[name]}
              value={typed[name] ?? numberText(readers[name], language)}
              refusal={refusals[name]}
              error={tooMany && LIMITS[name] === PERCENT ? t.tooMany : undefined}
              onText={(text) => setTyped({ ...typed, [name]: text })}
            />
          ))}
        </div>
      </RunForm>
    </Card>
  );
}
