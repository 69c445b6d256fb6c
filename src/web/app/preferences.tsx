import { ActionIcon, SegmentedControl, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconMoon, IconSun } from '@tabler/icons-react';
import { useTexts } from '../i18n/dictionary.ts';
import { setLanguage, useLanguage } from '../i18n/language.ts';
import { shellTexts } from './texts.ts';

const LANGUAGES = [
  { value: 'en', label: 'EN' },
  { value: 'ru', label: 'RU' },
] as const;

export function LanguageSwitch() {
  const t = useTexts(shellTexts);
  return (
    <SegmentedControl
      size="xs"
      aria-label={t.language}
      value={useLanguage()}
      data={[...LANGUAGES]}
      onChange={(value) => setLanguage(value === 'ru' ? 'ru' : 'en')}
    />
  );
}

/** Light or dark; until it is pressed the system decides. */
export function ThemeSwitch() {
  const t = useTexts(shellTexts);
  // Without its own way to hold transitions back: that writes a style element.
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const now = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const label = now === 'dark' ? t.toLight : t.toDark;
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={label}
      title={label}
      onClick={() => setColorScheme(now === 'dark' ? 'light' : 'dark')}
    >
      {now === 'dark' ? <IconSun size={18} aria-hidden /> : <IconMoon size={18} aria-hidden />}
    </ActionIcon>
  );
}
