/** The text in UTF-8, in an array of its own. */
export function utf8(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

/** What JSON.stringify writes for the text, without the quotes, in UTF-8. */
export function jsonText(text: string): Uint8Array {
  return utf8(JSON.stringify(text).slice(1, -1));
}

/** One of a list of values: the value, and the stretch of JSON it stands in. */
export interface Choice {
  readonly text: string;
  readonly json: Uint8Array;
}

/** A choice, between the JSON that goes before and after. */
export function choice(before: string, text: string, after: string): Choice {
  return { text, json: utf8(`${before}${JSON.stringify(text).slice(1, -1)}${after}`) };
}
