/** Commands to devices as HTTP sees them. */
import type { CommandEvent, DeviceCommand } from '../device-command.ts'
import type { LocalText } from '../model.ts'

export interface CommandArgumentView {
  readonly name: LocalText | null
  /** '1' for none. */
  readonly unit: string
  /** Both included; null where `states` says what may be given. */
  readonly range: readonly [number, number] | null
  readonly states: Readonly<Record<string, LocalText>> | null
  /** Most digits after the point. */
  readonly decimals: number
}

/** The command is refused unless the newest good reading of `point` is so. Exactly one of the four is not null. */
export interface InterlockView {
  /** `deviceId.pointId` */
  readonly point: string
  readonly pointName: LocalText
  readonly is: readonly number[] | null
  readonly isNot: readonly number[] | null
  readonly above: number | null
  readonly below: number | null
  /** An older reading locks as well. */
  readonly maxAgeMs: number
  readonly because: LocalText
}

/** What one device can be told. */
export interface CommandDescription {
  readonly id: string
  readonly name: LocalText
  readonly note: LocalText | null
  /** Null for a command that takes no value. */
  readonly argument: CommandArgumentView | null
  readonly interlocks: readonly InterlockView[]
  /** How it is known that it was done. `none`: it never is, so the command fails, and `because` says why. */
  readonly confirmation: {
    readonly type: 'read-back' | 'point' | 'message' | 'none'
    /** Null for `none`. */
    readonly withinMs: number | null
    readonly because: LocalText | null
  }
  /** What is sent by itself after so long; null for a command that does not expire. */
  readonly expiry: { readonly afterMs: number; readonly revert: number } | null
}

export interface DeviceCommandsView {
  readonly device: string
  readonly commands: readonly CommandDescription[]
  /** Commands to which something may still happen: those under way, and those that will be reverted. */
  readonly open: readonly DeviceCommand[]
}

export interface CommandWish {
  readonly device: string
  /** Id of the command in the device profile. */
  readonly name: string
  /** Null where none was given. */
  readonly value: number | null
  readonly by: string
  readonly comment: string | null
  /** The same key means the same wish, however often it comes; null for none. */
  readonly key: string | null
}

export type CommandWishRefusal =
  | 'unknown-device'
  | 'unknown-command'
  | 'invalid-value'
  | 'device-busy'
  | 'too-many-commands'
  | 'cannot-be-recorded'
  | 'key-reused'
  | 'stopping'

export type CommandWishAnswer =
  /** It has begun, and perhaps ended; the record says how. */
  | { readonly type: 'taken'; readonly command: DeviceCommand }
  | {
      readonly type: 'refused'
      readonly refusal: CommandWishRefusal
      readonly message: LocalText
      readonly retryAfterMs?: number
    }

export interface CommandEventPage {
  /** In order of `seq`, all greater than the asked `after`. */
  readonly events: readonly CommandEvent[]
  /** Number of the newest step on disk; 0 before the first. */
  readonly lastSeq: number
}

export interface CommandsView {
  /** Undefined for a device that the configuration does not have. */
  of(device: string): DeviceCommandsView | undefined
  /** Answers when the command has come to its end, or after 20 s. */
  send(wish: CommandWish): Promise<CommandWishAnswer>
  /** Of the last thousand, and of all that have not come to their end. */
  command(id: string): DeviceCommand | undefined
  /** Nobody waits for its confirmation any more. False where nothing waits. */
  cancel(id: string, by: string): Promise<boolean>
  events(after: number, limit: number): Promise<CommandEventPage>
}
