/** Text that others wrote must not move the reader's cursor or colour the terminal: control characters are shown as escapes. */
export function printable(text: string, keepLines = false): string {
  return text.replace(/\p{C}/gu, (character) =>
    keepLines && character === '\n'
      ? character
      : `\\u{${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}}`,
  );
}

/**
 * JSON that a terminal can show: DEL and the C1 controls, which `JSON.stringify` leaves as they are and some terminals obey, as escapes
 * of JSON. A bigint becomes a number.
 */
export function terminalJson(value: unknown): string {
  const text = JSON.stringify(value, (_, field: unknown) =>
    typeof field === 'bigint' ? Number(field) : field,
  );
  return text.replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}
