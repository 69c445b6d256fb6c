/** What is wrong with a text that should be JSON, in the browser's words; undefined for nothing. */
export function jsonErrorOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
