/** How a device as a whole misbehaves: a Modbus unit on its line, or an MQTT device with its messages. */
import type { UnitFault } from './modbus/unit-fault.ts'

/** What only MQTT devices have. */
export type RadioFault =
  /** Switched off, or out of reach: its connection is cut without a word, and comes back when it is over. */
  | { readonly type: 'offline' }
  /** Its clock is ahead by so much (behind, if negative); what it measures is stamped with that. */
  | { readonly type: 'clock-wrong'; readonly ms: number }

export type DeviceFault = UnitFault | RadioFault
export type DeviceFaultType = DeviceFault['type']
export type MessageFault = Extract<DeviceFault, { readonly type: (typeof MESSAGE_FAULTS)[number] }>

export const MESSAGE_FAULTS = [
  ...(['silent', 'offline', 'lost', 'late', 'duplicated', 'garbage', 'truncated', 'clock-wrong'] as const),
]

export function isMessageFault(fault: DeviceFault): fault is MessageFault {
  return MESSAGE_FAULTS.some((type) => type === fault.type)
}

/** Those of them that strike single messages, so that they can strike a share of them. */
export function strikesMessages({ type }: Pick<DeviceFault, 'type'>): boolean {
  return type !== 'offline' && type !== 'clock-wrong' && type !== 'silent'
}
