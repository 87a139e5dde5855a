/** What stands in the application data: the types of table 3, with the fields of one object of each (clause 8). */
import type { Field } from './fields.ts'
import { COMPONENT, DESCRIPTION, I16, RESERVED, SYSTEM, TEXT, TIME, U8, U16, U32 } from './fields.ts'

type Fields = Readonly<Record<string, Field<unknown>>>

export interface DataUnitLayout<F extends Fields = Fields> {
  readonly flag: number
  /** Most objects in one packet. */
  readonly most: number
  /** In the order of the wire. */
  readonly fields: F
  /** Some equipment adds a time tag that the standard does not have. */
  readonly mayHaveExtraTime: boolean
}

function unit<F extends Fields>(
  flag: number,
  { most, fields, mayHaveExtraTime = false }: { most: number; fields: F; mayHaveExtraTime?: boolean },
): DataUnitLayout<F> {
  return { flag, most, fields, mayHaveExtraTime }
}

const operation = { flags: U8, operator: U8, time: TIME }
const component = { system: SYSTEM, address: U32 }
const ofSystem = { system: SYSTEM }
const since = { count: U8, since: TIME }
const nothing = { reserved: RESERVED }
const extra = { mayHaveExtraTime: true }

export const DATA_UNITS = {
  'system-state': unit(1, { most: 102, fields: { system: SYSTEM, state: U16, time: TIME } }),
  'component-state': unit(2, {
    ...{ most: 22, fields: { system: SYSTEM, component: COMPONENT, state: U16, description: DESCRIPTION, time: TIME } },
  }),
  analogue: unit(3, { most: 63, fields: { system: SYSTEM, component: COMPONENT, kind: U8, value: I16, time: TIME } }),
  operation: unit(4, { most: 102, fields: { system: SYSTEM, ...operation } }),
  version: unit(5, { most: 1, fields: { system: SYSTEM, major: U8, minor: U8 }, ...extra }),
  configuration: unit(6, { most: 3, fields: { system: SYSTEM, text: TEXT } }),
  'component-configuration': unit(7, {
    ...{ most: 26, fields: { system: SYSTEM, component: COMPONENT, description: DESCRIPTION }, ...extra },
  }),
  time: unit(8, { most: 1, fields: { system: SYSTEM, time: TIME }, ...extra }),
  'device-state': unit(21, { most: 1, fields: { state: U8, time: TIME }, ...extra }),
  'device-operation': unit(24, { most: 127, fields: operation }),
  'device-version': unit(25, { most: 1, fields: { major: U8, minor: U8 }, ...extra }),
  'device-configuration': unit(26, { most: 1, fields: { text: TEXT }, ...extra }),
  'device-time': unit(28, { most: 1, fields: { time: TIME }, ...extra }),
  'read-system-state': unit(61, { most: 102, fields: ofSystem }),
  'read-component-state': unit(62, { most: 22, fields: component }),
  'read-analogue': unit(63, { most: 63, fields: component }),
  'read-operations': unit(64, { most: 1, fields: { system: SYSTEM, ...since } }),
  'read-version': unit(65, { most: 1, fields: ofSystem }),
  'read-configuration': unit(66, { most: 3, fields: ofSystem }),
  'read-component-configuration': unit(67, { most: 26, fields: component }),
  'read-time': unit(68, { most: 1, fields: ofSystem }),
  'read-device-state': unit(81, { most: 1, fields: nothing }),
  'read-device-operations': unit(84, { most: 1, fields: since }),
  'read-device-version': unit(85, { most: 1, fields: nothing }),
  'read-device-configuration': unit(86, { most: 1, fields: nothing }),
  'read-device-time': unit(88, { most: 1, fields: nothing }),
  initialise: unit(89, { most: 1, fields: nothing }),
  'set-clock': unit(90, { most: 1, fields: { time: TIME } }),
  /** Minutes in which somebody on duty has to answer. */
  'duty-check': unit(91, { most: 1, fields: { minutes: U8 } }),
} as const

export type DataUnitType = keyof typeof DATA_UNITS

export type ObjectOf<T extends DataUnitType> = {
  readonly [K in keyof (typeof DATA_UNITS)[T]['fields']]: (typeof DATA_UNITS)[T]['fields'][K] extends Field<infer V>
    ? V
    : never
}

type KnownUnit = { [T in DataUnitType]: { readonly type: T; readonly objects: readonly ObjectOf<T>[] } }[DataUnitType]

export type DataUnit =
  | KnownUnit
  /** No application data: of a confirmation, a denial, and of the heartbeat of some makers. */
  | { readonly type: 'none' }
  /** A type of the user's own, 128 to 254. `body`: what follows the count. */
  | { readonly type: 'own'; readonly flag: number; readonly count: number; readonly body: Uint8Array }
