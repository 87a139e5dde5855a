/** The command line is wrong; the message says what was expected. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** A number of an option within bounds. Throws a UsageError. */
export function numberOption(
  given: string | undefined,
  bounds: {
    readonly name: string
    readonly otherwise: number
    readonly expected: string
    readonly fits: (value: number) => boolean
  },
): number {
  if (given === undefined) return bounds.otherwise
  const value = given.trim() === '' ? Number.NaN : Number(given)
  if (bounds.fits(value)) return value
  throw new UsageError(`--${bounds.name}: expected ${bounds.expected}, got "${given}"`)
}

export const FASTEST = 1000

export function speedOption(given: string | undefined): number {
  return numberOption(given, {
    ...{ name: 'speed', otherwise: 1, expected: `a number above 0 and at most ${FASTEST}` },
    fits: (speed) => speed > 0 && speed <= FASTEST,
  })
}

export function portOption(given: string, { name, least }: { readonly name: string; readonly least: 0 | 1 }): number {
  return numberOption(given, {
    ...{ name, otherwise: least, expected: `a port from ${least} to 65535` },
    fits: (port) => Number.isInteger(port) && port >= least && port <= 65_535,
  })
}
