import { ActionIcon, Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTexts } from '../i18n/language.ts';
import { commonTexts } from './texts.ts';

/** Copies `text`, and says so for a moment. `label` names what is copied; it is shown when `wide`. */
export function CopyButton({ text, label, wide = false }: { text: string; label: string; wide?: boolean }) {
  const t = useTexts(commonTexts);
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), 1600);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      // No permission, or no secure context: the reader can select the text on the page.
      setState('failed');
    }
  };
  const said = state === 'idle' ? label : state === 'copied' ? t.copied : t.copyFailed;
  const icon = state === 'copied' ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />;
  if (wide)
    return (
      <Button size="xs" variant="default" leftSection={icon} onClick={copy}>
        {said}
      </Button>
    );
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={said} title={said} onClick={copy}>
      {icon}
    </ActionIcon>
  );
}
