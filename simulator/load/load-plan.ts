/** What a load is to be. */
export interface LoadPlan {
  readonly protocol: 'mqtt' | 'modbus'
  readonly devices: number
  /** Messages, or requests of the gateway, of all devices together in a second; null: as many as the gateway takes. */
  readonly rate: number | null
  readonly seconds: number
}

export const MOST_DEVICES = 20_000
export const MOST_SECONDS = 600
export const HIGHEST_RATE = 200_000

/** Of the reference tag, in its own messages and in its registers: a device as there are many. */
export const PROFILES = { mqtt: 'outpost-ref-extinguisher-tag', modbus: 'outpost-ref-extinguisher-tag-modbus' } as const
export const FULL_TAG = { pressure: 1200, temperature: 21.5, present: 1, obstructed: 0, battery: 88 } as const
