/** The spans the charts can show, by their names in the address; the first without one. */
export const WINDOWS = [
  { name: '5m', seconds: 300 },
  { name: '15m', seconds: 900 },
  { name: '1h', seconds: 3_600 },
] as const;

/** The span the address names. */
export function spanOf(name: string | null): (typeof WINDOWS)[number] {
  return WINDOWS.find((one) => one.name === name) ?? WINDOWS[0];
}
