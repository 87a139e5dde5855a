/**
 * Calls with a device: a siren sounds while somebody must act, a display shows how grave it is. Each command is one of the device's
 * own (`commands` of its profile), recorded and believed as any other.
 *
 * It is switched on by what nobody has acknowledged, and off when it is acknowledged, over or put aside, unless another alarm that
 * was told here still needs it. A reminder switches on again what has expired meanwhile. An exercise moves no device, unless the
 * configuration says so in words.
 */
import { DeliveryError } from '../delivery-model.ts'
import type { Channel, Handover, Notification } from '../dispatch-model.ts'
import { type Colour, colourOf } from './alarm-colour.ts'
import { isOver, leadOf, standingOf } from './notification-facts.ts'
import { headlineOf } from './notification-wording.ts'

export interface CommandAction {
  /** Id of the command in the device's profile. */
  readonly command: string
  /** Null for a command without a value. */
  readonly value: number | null
  /** In its place, by how grave it is. */
  readonly values: Readonly<Partial<Record<Colour, number>>>
}

export interface CommandWish {
  readonly device: string
  readonly name: string
  readonly value: number | null
  /** For the record. */
  readonly by: string
  readonly comment: string
}

export type CommandOutcome =
  /** The device shows it. */
  | { readonly type: 'confirmed' }
  /** It was sent, and the device has no way to show it. */
  | { readonly type: 'sent' }
  | {
      readonly type: 'failed'
      readonly failure: DeliveryError['failure']
      readonly why: string
      readonly retryAfterMs?: number
    }

export interface DeviceCommandChannelOptions {
  readonly id: string
  readonly device: string
  readonly on: CommandAction
  /** Null: it ends by itself. */
  readonly off: CommandAction | null
  /** Whether a drill or a test of a point moves the device too. */
  readonly exercises: boolean
  readonly send: (wish: CommandWish, signal: AbortSignal) => Promise<CommandOutcome>
  /** Whether another alarm that this channel was told of still waits for somebody. */
  readonly isNeededElsewhere: (notification: Notification) => boolean
}

export function createDeviceCommandChannel(options: DeviceCommandChannelOptions): Channel {
  return {
    id: options.id,
    async send(notification: Notification, signal: AbortSignal): Promise<Handover> {
      const wish = wishOf(notification, options)
      if ('nothing' in wish) return { state: 'sent', detail: wish.nothing }
      const { device, id } = options
      const comment = headlineOf(notification, 'zh')
      const name = wish.action.command
      const value = commandValueOf(wish.action, notification)
      const outcome = await options.send({ device, name, value, by: `channel ${id}`, comment }, signal)
      const told = `${device}: ${name}${value === null ? '' : ` ${value}`}`
      if (outcome.type === 'failed') throw failure(outcome, told)
      return { state: outcome.type === 'confirmed' ? 'delivered' : 'sent', by: device, detail: told }
    },
  }
}

type Wish = { readonly action: CommandAction } | { readonly nothing: string }

function wishOf(notification: Notification, options: DeviceCommandChannelOptions): Wish {
  const { on, off, exercises } = options
  if (standingOf(notification) !== 'actual' && !exercises)
    return { nothing: 'an exercise or a test moves no device here' }
  if (needsSomebody(notification)) return { action: on }
  if (off === null) return { nothing: 'nobody needs to act, and it ends by itself' }
  if (options.isNeededElsewhere(notification)) return { nothing: 'it goes on for another alarm' }
  return { action: off }
}

function needsSomebody({ purpose, events }: Notification): boolean {
  if (purpose === 'ended') return false
  return events.some((event) => !isOver(event) && !event.alarm.facts.acked && event.alarm.facts.suppression === null)
}

function commandValueOf({ value, values }: CommandAction, notification: Notification): number | null {
  return values[colourOf(leadOf(notification).alarm)] ?? value
}

function failure(outcome: Extract<CommandOutcome, { type: 'failed' }>, told: string): DeliveryError {
  const { why, retryAfterMs } = outcome
  return new DeliveryError(outcome.failure, `${told}: ${why}`, retryAfterMs === undefined ? {} : { retryAfterMs })
}
