import { TextInput, type TextInputProps } from '@mantine/core';
import { useFormat, useTexts } from '../i18n/language.ts';
import type { Refusal } from '../i18n/number-text.ts';
import { commonTexts } from './texts.ts';

interface NumberFieldProps extends Omit<TextInputProps, 'onChange'> {
  readonly onText: (text: string) => void;
  /** Why `readNumber` refuses the text; `error` says what else is wrong. */
  readonly refusal: Refusal | undefined;
}

/** A field for a number, typed as the reader likes; it says why a text is refused. */
export function NumberField({ onText, refusal, error, ...rest }: NumberFieldProps) {
  const { refusals, range } = useTexts(commonTexts);
  const format = useFormat();
  const refused =
    refusal?.kind === 'out_of_range'
      ? range(format.number(refusal.least, 1), format.number(refusal.most))
      : refusal && refusals[refusal.kind];
  return (
    <TextInput
      {...rest}
      inputMode="decimal"
      autoComplete="off"
      error={refused ?? error}
      onChange={(event) => onText(event.currentTarget.value)}
    />
  );
}
