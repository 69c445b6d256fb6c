import { Button, NativeSelect, NumberInput, Slider, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { Generator, GeneratorChange } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { Card } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/language.ts';
import { changeOf, draftOf, type LoadDraft, rateOfSlider, sliderOfRate } from './draft.ts';
import { generatorTexts } from './texts.ts';

/** Rate, count, seed, profile and faults. Until something is typed, the form shows the generator's current settings. */
export function LoadForm({ generator }: { readonly generator: Generator }) {
  const t = useTexts(generatorTexts);
  const [typed, setTyped] = useState<LoadDraft | undefined>(undefined);
  const draft = typed ?? draftOf(generator);
  const set = (changes: Partial<LoadDraft>) => setTyped({ ...draft, ...changes });
  const changes = ['generator', 'generator-preview'];
  const clear = (result: Generator) => {
    setTyped(undefined);
    return result;
  };
  const start = useAction(
    (body: GeneratorChange) => dataOf(api.POST('/api/v1/generator/start', { body })).then(clear),
    { said: () => t.started, changes },
  );
  const apply = useAction((body: GeneratorChange) => dataOf(api.PATCH('/api/v1/generator', { body })).then(clear), {
    said: () => t.applied,
    changes,
  });
  const stop = useAction(() => dataOf(api.POST('/api/v1/generator/stop', {})), { said: () => t.stopped, changes });
  const runs = generator.state === 'running';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const change = changeOf(draft, generator.seed);
    if (runs) apply.mutate(change);
    else start.mutate(change);
  };
  const error = start.error ?? apply.error ?? stop.error;
  return (
    <Card title={t.load}>
      <form className="stack" onSubmit={submit}>
        <div className="fields">
          <NumberInput label={t.rate} value={draft.rate} onChange={(rate) => set({ rate })} min={0.1} max={1_000_000} />
          <div className="slider">
            <Slider
              thumbLabel={t.rateSlider}
              value={sliderOfRate(Number(draft.rate))}
              onChange={(position) => set({ rate: rateOfSlider(position) })}
              label={null}
            />
          </div>
          <TextInput
            label={t.count}
            value={draft.count}
            inputMode="numeric"
            onChange={(event) => set({ count: event.currentTarget.value })}
          />
          <TextInput
            label={t.seed}
            value={draft.seed}
            inputMode="numeric"
            onChange={(event) => set({ seed: event.currentTarget.value })}
          />
          <ProfileFields draft={draft} set={set} />
        </div>
        <details>
          <summary>{t.faults}</summary>
          <div className="fields fields--narrow">
            {generator.fault_names.map((name) => (
              <TextInput
                key={name}
                size="xs"
                label={name}
                inputMode="decimal"
                placeholder="0"
                value={draft.faults[name] ?? ''}
                onChange={(event) => set({ faults: { ...draft.faults, [name]: event.currentTarget.value } })}
              />
            ))}
          </div>
        </details>
        {error !== null && <ProblemAlert error={error} />}
        <div className="row">
          <Button type="submit" loading={start.isPending || apply.isPending}>
            {runs ? t.apply : t.start}
          </Button>
          {generator.state !== 'stopped' && (
            <Button variant="outline" color="red" loading={stop.isPending} onClick={() => stop.mutate()}>
              {t.stop}
            </Button>
          )}
        </div>
      </form>
    </Card>
  );
}

interface ProfileFieldsProps {
  readonly draft: LoadDraft;
  readonly set: (changes: Partial<LoadDraft>) => void;
}

const FIELDS = { steady: [], burst: ['burstRate', 'forMs', 'everyMs'], ramp: ['toRate', 'overMs'] } as const;

function ProfileFields({ draft, set }: ProfileFieldsProps) {
  const t = useTexts(generatorTexts);
  return (
    <>
      <NativeSelect
        label={t.profile}
        value={draft.kind}
        onChange={({ currentTarget: { value } }) =>
          set({ kind: value === 'burst' || value === 'ramp' ? value : 'steady' })
        }
        data={(['steady', 'burst', 'ramp'] as const).map((value) => ({ value, label: t.profiles[value] }))}
      />
      {FIELDS[draft.kind].map((name) => (
        <TextInput
          key={name}
          label={t[name]}
          value={draft[name]}
          inputMode="numeric"
          onChange={(event) => set({ [name]: event.currentTarget.value })}
        />
      ))}
    </>
  );
}
