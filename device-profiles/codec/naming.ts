/** Runs `encode`; what it throws becomes a RangeError that says which point it was about. */
export function naming<T>(point: string, encode: () => T): T {
  try {
    return encode()
  } catch (error) {
    throw new RangeError(`${point}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
