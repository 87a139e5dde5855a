/** Messages that are not simply one device's own words: they are taken apart before the pipeline sees them. */
import type { SampleContent } from '../../model.ts'
import type { Delivery } from './seen-messages.ts'

export interface MqttMessage {
  readonly topic: string
  readonly payload: Uint8Array
  /** The broker had kept it, so it says nothing about now. */
  readonly retained: boolean
  /** How it came; absent where nothing tells a repetition (QoS 0, wills). */
  readonly delivery?: Delivery | undefined
  /** The broker speaks for a client that it has lost. */
  readonly will?: boolean
  /** As whom its client was let in; empty or absent where that is not known. */
  readonly username?: string
}

/** What one message says about one device. */
export interface DeviceContent {
  readonly deviceId: string
  readonly content: SampleContent
}

export interface ReadMessage {
  readonly contents: readonly DeviceContent[]
  /** Names in it that no device has, or why it cannot be understood at all: it is counted with the unknown messages. */
  readonly unknown?: readonly string[]
}

export interface MessageReader {
  /** Rejects only where the message must not be acknowledged, because it could be read when it comes again. */
  read(message: MqttMessage): ReadMessage | Promise<ReadMessage>
}
