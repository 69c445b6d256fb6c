import { Button, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { basePath } from '../../app/base.ts';
import { withQuery } from '../../app/navigation.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { useKept } from '../../components/kept.ts';
import { useTexts } from '../../i18n/language.ts';
import { type LoadDraft, loadOfQuery, PROFILE_FIELDS, queryOfLoad, type TypedLoad } from './draft.ts';
import { PRESET_NAMES, PRESETS, savedLoads } from './presets.ts';
import { generatorTexts } from './texts.ts';

interface LoadPresetsProps {
  readonly draft: LoadDraft;
  readonly onChoose: (load: TypedLoad) => void;
}

/** Loads to begin with, ready-made and the reader's own, and a link to the one in the form. */
export function LoadPresets({ draft, onChoose }: LoadPresetsProps) {
  const t = useTexts(generatorTexts);
  const [text, keep] = useKept('loads', { forGood: true });
  const [chosen, setChosen] = useState('');
  const [naming, setNaming] = useState(false);
  const saved = savedLoads(text);
  const mine = saved.find(({ name }) => `saved ${name}` === chosen);
  const choose = (value: string) => {
    setChosen(value);
    const preset = PRESET_NAMES.find((name) => name === value);
    const own = saved.find(({ name }) => `saved ${name}` === value);
    if (preset !== undefined) onChoose(PRESETS[preset]);
    if (own !== undefined) onChoose(loadOfQuery(new URLSearchParams(own.query)));
  };
  const query = queryOfLoad(essential(draft));
  const save = (name: string) => {
    keep(JSON.stringify([...saved.filter((one) => one.name !== name), { name, query: String(query) }]));
    setChosen(`saved ${name}`);
    setNaming(false);
  };
  return (
    <div className="row row--fields">
      <NativeSelect
        label={t.preset}
        value={chosen}
        onChange={(event) => choose(event.currentTarget.value)}
        data={[
          { value: '', label: t.choosePreset },
          { group: t.presetsOfService, items: PRESET_NAMES.map((value) => ({ value, label: t.presets[value] })) },
          ...(saved.length === 0
            ? []
            : [
                {
                  group: t.savedPresets,
                  items: saved.map(({ name }) => ({ value: `saved ${name}`, label: name })),
                },
              ]),
        ]}
      />
      <Button size="xs" variant="default" onClick={() => setNaming(true)}>
        {t.save}
      </Button>
      {mine !== undefined && (
        <Button
          size="xs"
          variant="default"
          aria-label={t.forgetSaved(mine.name)}
          onClick={() => {
            keep(saved.length === 1 ? '' : JSON.stringify(saved.filter((one) => one !== mine)));
            setChosen('');
          }}
        >
          {t.forget}
        </Button>
      )}
      <CopyButton text={location.origin + basePath + withQuery('/generator', query)} label={t.copyLink} wide />
      <Dialog open={naming} title={t.saveTitle} onClose={() => setNaming(false)}>
        <SaveForm onSave={save} onCancel={() => setNaming(false)} />
      </Dialog>
    </div>
  );
}

interface SaveFormProps {
  readonly onSave: (name: string) => void;
  readonly onCancel: () => void;
}

function SaveForm({ onSave, onCancel }: SaveFormProps) {
  const t = useTexts(generatorTexts);
  const [name, setName] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') onSave(name.trim());
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput
        label={t.saveName}
        value={name}
        maxLength={60}
        onChange={(event) => setName(event.currentTarget.value)}
        autoComplete="off"
        data-autofocus
      />
      <div className="row-end">
        <Button variant="default" onClick={onCancel}>
          {t.close}
        </Button>
        <Button type="submit" disabled={name.trim() === ''}>
          {t.save}
        </Button>
      </div>
    </form>
  );
}

/** Without the fields of what is not chosen, and without the seed, which is the generator's own. */
function essential({ rate, count, profile, faults, life, stages, ...rest }: LoadDraft): TypedLoad {
  const ofProfile = PROFILE_FIELDS[profile].map((name) => [name, rest[name]]);
  const ofLife = life === 'on' && { time_scale: rest.time_scale };
  const ofStages = profile === 'stages' && { stages };
  return { rate, count, profile, faults, life, ...ofLife, ...ofStages, ...Object.fromEntries(ofProfile) };
}
