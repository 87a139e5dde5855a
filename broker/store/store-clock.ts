/** Time as the store needs it: `wall` in ms since 1970, `mono` in ms of a clock that never steps. */
export interface StoreClock {
  now(): { readonly wall: number; readonly mono: number }
}

export const systemStoreClock: StoreClock = {
  now: () => ({ wall: Date.now(), mono: performance.now() }),
}
