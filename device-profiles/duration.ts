const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const DURATION = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)$/

/** '500ms', '5s', '2m', '1.5h', '1d' in milliseconds. Throws a RangeError for any other text. */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text)
  const factor = UNIT_MS[match?.[2] ?? '']
  if (match === null || factor === undefined) {
    throw new RangeError(
      `expected a duration with its unit such as 500ms, 5s, 2m, 1h or 1d, got ${JSON.stringify(text)}`,
    )
  }
  return Number(match[1]) * factor
}
