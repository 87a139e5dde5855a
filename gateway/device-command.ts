/**
 * A command to a device as it is recorded: who wanted what and why, what was sent, and what became of it. Imports the words
 * of `model.ts` only.
 */
import type { LocalText } from './model.ts'

/** `refused`: an interlock stood against it, and nothing was sent. A command that is not confirmed has `failed`. */
export type DeviceCommandState = 'requested' | 'sent' | 'confirmed' | 'failed' | 'refused'

export type CommandFailure =
  /** An interlock of the profile does not allow it now. */
  | 'interlocked'
  /** It never left: the line or the broker cannot be used. */
  | 'not-sent'
  /** The device said no. */
  | 'refused-by-device'
  /** The device accepted it, and shows another value. */
  | 'not-kept'
  /** It was sent, and nothing showed in time that it was done. */
  | 'unconfirmed'
  /** It was sent, and the profile says that nothing can show it. */
  | 'cannot-be-confirmed'
  /** The gateway ended in the middle: nobody knows whether it was sent. */
  | 'unknown-outcome'
  /** A person waits for it no longer. */
  | 'cancelled'
  /** The gateway was stopped, or the device was taken out of its configuration, while it was under way. */
  | 'given-up'

export interface CommandReason {
  readonly code: CommandFailure
  readonly text: LocalText
}

/** One thing that went out and what came of it. Bytes are hexadecimal text: of Modbus the PDU, without unit id and CRC. */
export interface CommandExchange {
  readonly step: 'write' | 'read-back' | 'publish' | 'confirmation'
  /** Wall clock, ms since 1970. */
  readonly at: number
  /** Null for what came by itself. */
  readonly sent: string | null
  readonly answer: string
}

export type RevertState =
  | 'waiting'
  | 'reverting'
  | 'reverted'
  /** Not yet possible; tried again and again. */
  | 'failing'
  /** Given up: the configuration no longer has the command. */
  | 'failed'
  /** A later command to the same place is the one that counts now. */
  | 'taken-over'

/** The value that is sent by itself when the command expires. */
export interface CommandRevert {
  readonly value: number
  readonly dueAt: number
  readonly state: RevertState
  readonly attempts: number
  /** Why the last attempt failed. */
  readonly reason: CommandReason | null
  readonly endedAt: number | null
  readonly exchanges: readonly CommandExchange[]
}

/** Times are wall clock, ms since 1970. */
export interface DeviceCommand {
  /** A UUID, unique for ever. */
  readonly id: string
  readonly device: string
  readonly deviceName: string
  /** Id of the command in the device profile. */
  readonly name: string
  readonly title: LocalText
  /** Null for a command without a value. */
  readonly value: number | null
  readonly unit: string
  readonly by: string
  readonly comment: string | null
  /** `dispatch`: by a channel that calls with a device. */
  readonly via: 'http' | 'mqtt' | 'dispatch'
  /** What the sender called it, so that it is not carried out twice. */
  readonly key: string | null
  /** What it writes to; two commands with one target overrule each other. */
  readonly target: string
  readonly state: DeviceCommandState
  readonly reason: CommandReason | null
  readonly requestedAt: number
  readonly sentAt: number | null
  readonly endedAt: number | null
  /** The value that the device showed last. */
  readonly shown: number | string | null
  readonly exchanges: readonly CommandExchange[]
  /** Null for a command that does not expire, or that never left. */
  readonly revert: CommandRevert | null
}

export type CommandEventType =
  | 'requested'
  | 'refused'
  | 'sent'
  | 'confirmed'
  | 'failed'
  | 'reverting'
  | 'reverted'
  | 'revert-failed'
  | 'taken-over'

/** One step in the life of one command. `command` is the record after it. */
export interface CommandEvent {
  /** 1, 2, 3 … over all commands of this gateway. */
  readonly seq: number
  readonly time: number
  readonly type: CommandEventType
  readonly command: DeviceCommand
}

/** An event before the journal has numbered it. */
export type CommandEventDraft = Omit<CommandEvent, 'seq'>

/** True until it is known what became of it. */
export function isUnderWay({ state }: DeviceCommand): boolean {
  return state === 'requested' || state === 'sent'
}

/** True while something may still happen to the command by itself. */
export function isOpen(command: DeviceCommand): boolean {
  if (isUnderWay(command)) return true
  const { revert } = command
  return revert !== null && ['waiting', 'reverting', 'failing'].includes(revert.state)
}
