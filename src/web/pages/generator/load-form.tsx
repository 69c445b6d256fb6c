import { NativeSelect, Slider } from '@mantine/core';
import type { Generator } from '../../../client/schema.generated.ts';
import { generatorRole } from '../../api/roles.ts';
import { NumberField } from '../../components/number-field.tsx';
import { Card } from '../../components/page.tsx';
import { RunForm } from '../../components/run-form.tsx';
import { useLanguage, useTexts } from '../../i18n/language.ts';
import { numberText } from '../../i18n/number-text.ts';
import {
  draftOf,
  type LoadDraft,
  type LoadField,
  PROFILE_FIELDS,
  PROFILES,
  type ReadDraft,
  rateOfSlider,
  readDraft,
  sliderOfRate,
  type TypedLoad,
} from './draft.ts';
import { FaultFields } from './fault-fields.tsx';
import { LoadPresets } from './load-presets.tsx';
import { StageEditor } from './stage-editor.tsx';
import { generatorTexts } from './texts.ts';

interface LoadFormProps {
  readonly generator: Generator;
  readonly typed: TypedLoad;
  readonly setTyped: (typed: TypedLoad) => void;
}

/** Rate, count, seed, profile, life and faults. What is not typed is as the generator has it at present. */
export function LoadForm({ generator, typed, setTyped }: LoadFormProps) {
  const t = useTexts(generatorTexts);
  const language = useLanguage();
  const draft = { ...draftOf(generator, language), ...typed };
  const read = readDraft(draft, generator.seed, language);
  const set = (changes: TypedLoad) => setTyped({ ...typed, ...changes });
  // While they are as the generator has them.
  const untouched = typed.profile === undefined && typed.stages === undefined && typed.rate === undefined;
  const runsMs = untouched ? (generator.profile_ms ?? undefined) : undefined;
  return (
    <Card title={t.load}>
      <LoadPresets draft={draft} onChoose={setTyped} />
      <RunForm
        state={generator.state}
        change={read.change}
        isValid={read.isValid}
        isTyped={Object.keys(typed).length > 0}
        clear={() => setTyped({})}
        start={generatorRole.start}
        apply={generatorRole.change}
        stop={generatorRole.stop}
        changes={['generator', 'generator-preview']}
        texts={t}
      >
        <div className="fields fields--top">
          <NumberText name="rate" draft={draft} read={read} set={set} />
          <div className="slider">
            <Slider
              thumbLabel={t.rateSlider}
              value={sliderOfRate(read.change.rate ?? generator.rate)}
              onChange={(position) => set({ rate: numberText(rateOfSlider(position), language) })}
              label={null}
            />
          </div>
          <NumberText name="count" draft={draft} read={read} set={set} />
          <NumberText name="seed" draft={draft} read={read} set={set} />
          <NativeSelect
            label={t.profile}
            value={draft.profile}
            onChange={({ currentTarget: { value } }) =>
              set({ profile: PROFILES.find((one) => one === value) ?? 'steady' })
            }
            data={PROFILES.map((value) => ({ value, label: t.profiles[value] }))}
          />
          {PROFILE_FIELDS[draft.profile].map((name) => (
            <NumberText key={name} name={name} draft={draft} read={read} set={set} />
          ))}
          <NativeSelect
            label={t.life}
            value={draft.life}
            onChange={({ currentTarget: { value } }) => set({ life: value === 'on' ? 'on' : 'off' })}
            data={(['on', 'off'] as const).map((value) => ({ value, label: t.lives[value] }))}
          />
          {draft.life === 'on' && <NumberText name="time_scale" draft={draft} read={read} set={set} />}
        </div>
        {draft.profile === 'stages' && (
          <StageEditor
            drafts={draft.stages}
            read={read.stages}
            rate={read.change.rate ?? generator.rate}
            runsMs={runsMs}
            onChange={(stages) => set({ stages })}
          />
        )}
        <FaultFields
          known={generator.fault_names}
          faults={draft.faults}
          read={read}
          onChange={(faults) => set({ faults })}
        />
      </RunForm>
    </Card>
  );
}

interface NumberTextProps {
  readonly name: LoadField;
  readonly draft: LoadDraft;
  readonly read: ReadDraft;
  readonly set: (changes: TypedLoad) => void;
}

function NumberText({ name, draft, read, set }: NumberTextProps) {
  const t = useTexts(generatorTexts);
  return (
    <NumberField
      label={t.fields[name]}
      placeholder={name === 'count' || name === 'seed' ? t.empty[name] : undefined}
      value={draft[name]}
      refusal={read.refusals[name]}
      error={name === 'every_ms' && read.overlaps ? t.overlaps : undefined}
      onText={(text) => set({ [name]: text })}
    />
  );
}
