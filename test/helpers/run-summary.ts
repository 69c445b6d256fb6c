/** How many tests ended how. */
export interface RunSummary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * The summary of a run from Bun's JUnit report and exit code. A report that is missing or cut off, or a bad exit that
 * no failed test explains (a file that can't be loaded, a crash), counts as one failure more.
 */
export function summarize(junit: string | undefined, exitCode: number): RunSummary {
  const [root] = /<testsuites\b[^>]*>/.exec(junit ?? '') ?? [];
  if (root === undefined || !junit?.trimEnd().endsWith('</testsuites>')) return { passed: 0, failed: 1, skipped: 0 };
  const failures = attribute(root, 'failures') + attribute(root, 'errors');
  const skipped = attribute(root, 'skipped');
  const passed = attribute(root, 'tests') - failures - skipped;
  return { passed, failed: failures === 0 && exitCode !== 0 ? 1 : failures, skipped };
}

/** Both together. */
export function add(one: RunSummary, other: RunSummary): RunSummary {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}

function attribute(tag: string, name: string): number {
  return Number(new RegExp(`\\b${name}="(\\d+)"`).exec(tag)?.[1] ?? 0);
}
