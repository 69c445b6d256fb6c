/** The names in a record, typed, in their order. */
export function namesOf<K extends string>(record: Readonly<Record<K, unknown>>): K[];
export function namesOf(record: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(record);
}
