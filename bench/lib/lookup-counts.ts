const METRIC = /^test_service_lookups_total\{tier="(\w+)"\} (\d+)$/gm;

/** How many lookups each tier has answered so far, by the service's own metrics, in the order they stand there. */
export async function lookupCounts(url: string): Promise<[tier: string, total: number][]> {
  const response = await fetch(`${url}/metrics`);
  const counts = (await response.text())
    .matchAll(METRIC)
    .map(([, tier = '', total]): [string, number] => [tier, Number(total)]);
  const found = [...counts];
  if (found.length === 0) throw new Error('the metrics say nothing about lookups');
  return found;
}
