/** Which messages the address asks for, as the API takes it. */
export interface MessageQuery {
  readonly partition?: number;
  readonly offset?: number;
  readonly at?: string;
  readonly key?: string;
}

/** The page's query → what is asked for; an offset counts only within a partition, and rules `at` out. */
export function messageQueryOf(query: URLSearchParams): MessageQuery {
  const partition = numberOf(query.get('partition'));
  const offset = partition === undefined ? undefined : numberOf(query.get('offset'));
  const at = offset === undefined ? query.get('at') : null;
  const key = query.get('key');
  return {
    ...(partition !== undefined && { partition }),
    ...(offset !== undefined && { offset }),
    ...(at !== null && at !== '' && { at }),
    ...(key !== null && key !== '' && { key }),
  };
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
