/** What somebody wants of a device, and the record that begins with it. */
import type { CommandProfile } from '../../device-profiles/command-schema.ts'
import { parseDuration } from '../../device-profiles/duration.ts'
import type { CommandReason, CommandRevert, DeviceCommand } from '../device-command.ts'
import type { LocalText } from '../model.ts'
import type { Outcome } from './outcome.ts'
import { type ControlTarget, targetKey } from './target.ts'

export interface ControlRequest {
  readonly device: string
  /** Id of the command in the device profile. */
  readonly name: string
  /** Null where none was given. */
  readonly value: number | null
  readonly by: string
  readonly comment: string | null
  readonly via: DeviceCommand['via']
  /** The same key means the same wish, however often it comes. */
  readonly key: string | null
}

export type ControlRefusal =
  | 'unknown-device'
  | 'unknown-command'
  | 'invalid-value'
  /** Another command to this device is under way. */
  | 'device-busy'
  | 'too-many-commands'
  /** The journal takes nothing, so nothing may be sent. */
  | 'cannot-be-recorded'
  /** The key stands for another wish. */
  | 'key-reused'
  | 'stopping'

export type ControlAnswer =
  /** It has begun, and perhaps ended; the record says how. */
  | { readonly type: 'taken'; readonly command: DeviceCommand }
  | {
      readonly type: 'refused'
      readonly refusal: ControlRefusal
      readonly message: LocalText
      readonly retryAfterMs?: number
    }

export function refuse(refusal: ControlRefusal, message: LocalText, retryAfterMs?: number): ControlAnswer {
  return { type: 'refused', refusal, message, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

interface Beginning {
  readonly id: string
  readonly target: ControlTarget
  readonly command: CommandProfile
  readonly request: ControlRequest
  /** Wall clock. */
  readonly now: number
}

/** With its revert from the beginning, so that it is known after whatever end. */
export function beginRecord({ id, target, command, request, now }: Beginning): DeviceCommand {
  const { device } = target
  return {
    ...{ id, device: device.id, deviceName: device.name, name: command.id, title: command.name },
    ...{ value: request.value, unit: command.argument?.unit ?? '1' },
    ...{ by: request.by, comment: request.comment, via: request.via, key: request.key },
    target: targetKey(target, command),
    ...{ state: 'requested', reason: null, requestedAt: now, sentAt: null, endedAt: null, shown: null, exchanges: [] },
    revert: revertOf(command, now),
  }
}

function revertOf({ revert, expiresAfter }: CommandProfile, now: number): CommandRevert | null {
  if (revert === undefined || expiresAfter === undefined) return null
  const dueAt = now + parseDuration(expiresAfter)
  return { value: revert, dueAt, state: 'waiting', attempts: 0, reason: null, endedAt: null, exchanges: [] }
}

/** Expires as long after its end as the profile says; what never reached the device has nothing to be reverted. */
export function endRecord(
  record: DeviceCommand,
  outcome: Outcome,
  { now, command }: { readonly now: number; readonly command: CommandProfile },
): DeviceCommand {
  const { shown, exchanges } = outcome
  const isReached = outcome.state === 'confirmed' || outcome.mayHaveReached
  const reason: CommandReason | null = outcome.state === 'failed' ? outcome.reason : null
  const revert = isReached ? revertOf(command, now) : null
  return { ...record, state: outcome.state, reason, endedAt: now, shown, exchanges, revert }
}
