interface BadLine {
  readonly line: number;
  readonly reason: string;
  /** Of the first violation; empty when there is none. */
  readonly pointer: string;
  readonly message: string;
}

/** The verdicts on the lines so far. */
export interface Verdicts {
  readonly accepted: number;
  readonly rejected: number;
  readonly failed: number;
  /** The first lines that were not accepted. */
  readonly bad: readonly BadLine[];
  /** Whether every line was processed; undefined until the end. */
  readonly complete: boolean | undefined;
}

export const NO_VERDICTS: Verdicts = { accepted: 0, rejected: 0, failed: 0, bad: [], complete: undefined };

const MOST_BAD = 20;

/** The verdicts after one more line of the answer. */
export function withVerdict(verdicts: Verdicts, text: string): Verdicts {
  const said: unknown = JSON.parse(text);
  if (typeof said !== 'object' || said === null) return verdicts;
  if ('summary' in said) {
    const { summary } = said;
    const complete =
      typeof summary === 'object' && summary !== null && 'complete' in summary && summary.complete === true;
    return { ...verdicts, complete };
  }
  if (!('status' in said) || !('line' in said)) return verdicts;
  const { status, line } = said;
  if (status === 'accepted') return { ...verdicts, accepted: verdicts.accepted + 1 };
  const bad = verdicts.bad.length < MOST_BAD ? [...verdicts.bad, badLine(Number(line), said)] : verdicts.bad;
  return status === 'rejected'
    ? { ...verdicts, rejected: verdicts.rejected + 1, bad }
    : { ...verdicts, failed: verdicts.failed + 1, bad };
}

function badLine(line: number, said: object): BadLine {
  const reason = 'reason' in said ? String(said.reason) : '';
  const [first]: unknown[] = 'violations' in said && Array.isArray(said.violations) ? said.violations : [];
  if (typeof first !== 'object' || first === null || !('message' in first) || !('pointer' in first))
    return { line, reason, pointer: '', message: '' };
  return { line, reason, pointer: String(first.pointer), message: String(first.message) };
}
