/** In which messages a device says what it measures: one that stands alone, or those of a Sparkplug edge node. */
import type { NetworkServer } from '../device-profiles/payload-schema.ts'
import type { DeviceProfile } from '../device-profiles/schema.ts'

export type Values = Readonly<Record<string, number>>

export interface SpokenMessage {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1
  /** The broker keeps it for those who ask later. */
  readonly retain?: boolean
}

export interface Speech {
  /** What the broker says when it loses the connection that is opened next; null for nothing. Called once per connection. */
  will(): SpokenMessage | null
  /** Once the connection is there, and whenever it is asked for. Throws a RangeError for values that cannot be said. */
  hello(values: Values): readonly SpokenMessage[]
  /** What is measured now. Throws as `hello` does. */
  report(values: Values): readonly SpokenMessage[]
  /** On these it is asked to say hello again. */
  readonly topics: readonly string[]
  asksForHello(topic: string, payload: Uint8Array): boolean
}

export interface SpeechOptions {
  readonly profile: DeviceProfile
  readonly parameters: Readonly<Record<string, number>>
  readonly topic: string
  /** What the device is called in its topics and messages. */
  readonly address?: string | undefined
  /** Whose messages a LoRaWAN device comes in. */
  readonly networkServer?: NetworkServer | undefined
  /** The device's own clock, ms since 1970; that of the machine if absent. */
  readonly now?: () => number
}
