/** Stands for an empty text in a query, where a parameter without a value is none. */
export const EMPTY = 'none';

/** What was typed into fields, by their names; those that nobody has touched are absent. */
export type TypedFields<F extends string> = Readonly<Partial<Record<F, string>>>;

/** As a query: `rate=20&count=none`. */
export function queryOfFields<F extends string>(typed: TypedFields<F>): URLSearchParams {
  return new URLSearchParams(
    Object.entries<string | undefined>(typed).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, text.trim() || EMPTY]],
    ),
  );
}

/** The opposite; other parameters are left out. */
export function fieldsOfQuery<F extends string>(
  query: URLSearchParams,
  names: readonly F[],
): Partial<Record<F, string>> {
  const fields: Partial<Record<F, string>> = {};
  for (const name of names) {
    const text = query.get(name);
    if (text !== null) fields[name] = text === EMPTY ? '' : text;
  }
  return fields;
}
