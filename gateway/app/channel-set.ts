/** The channels of the configuration. One line per type. */
import { readFileSync } from 'node:fs'
import { parseDuration } from '../../device-profiles/duration.ts'
import type { CapOptions } from '../channels/cap/cap-message.ts'
import { createCapChannel } from '../channels/cap.ts'
import { type CommandOutcome, type CommandWish, createDeviceCommandChannel } from '../channels/device-command.ts'
import { createDingtalkChannel } from '../channels/dingtalk.ts'
import { createEmailChannel } from '../channels/email.ts'
import { createMqttChannel } from '../channels/mqtt.ts'
import { createWebhookChannel } from '../channels/webhook.ts'
import { createWecomChannel } from '../channels/wecom.ts'
import type { GatewayConfig } from '../config/config.ts'
import type { ChannelSection } from '../config/dispatch-schema.ts'
import { USUAL_TIME_ZONE } from '../config/registry.ts'
import type { Falling } from '../dispatch/waits-elsewhere.ts'
import type { Channel, Receipt } from '../dispatch-model.ts'
import type { Clock, LocalText, Log } from '../model.ts'

/** What a channel may need of the gateway; each takes what it needs. */
export interface ChannelSurroundings {
  readonly gatewayId: string
  readonly language: 'zh' | 'en'
  /** Of the gateway. */
  readonly station: { readonly name: LocalText; readonly timeZone: string }
  readonly clock: Clock
  readonly log: Log
  /**
   * For channels over which answers come back. Resolves when it is on disk; false where no such notification is known. An
   * acknowledgement acknowledges its alarms under the name in `by`.
   */
  readonly confirm: (receipt: Omit<Receipt, 'at'>) => Promise<boolean>
  readonly commandDevice: (wish: CommandWish, signal: AbortSignal) => Promise<CommandOutcome>
  /** Whether another alarm that this channel was told of still waits for somebody. */
  readonly waitsElsewhere: (falling: Falling) => boolean
}

export function createChannel(section: ChannelSection, surroundings: ChannelSurroundings): Channel {
  switch (section.type) {
    case 'webhook':
      return createWebhookChannel({ ...section, ...surroundings, ...timeoutOf(section) })
    case 'mqtt':
      return mqttChannel(section, surroundings)
    case 'cap':
      return createCapChannel({
        ...{ id: section.id, url: section.url ?? null, token: section.token ?? null, clock: surroundings.clock },
        ...{ message: capOptionsOf(section, surroundings), ...timeoutOf(section) },
      })
    case 'email':
      return emailChannel(section, surroundings)
    case 'wecom':
      return createWecomChannel({ ...surroundings, ...section, ...timeoutOf(section) })
    case 'dingtalk':
      return createDingtalkChannel({ ...surroundings, ...section, ...timeoutOf(section) })
    case 'device-command':
      return commandChannel(section, surroundings)
  }
}

type SectionOf<T extends ChannelSection['type']> = Extract<ChannelSection, { type: T }>

const SCOPES = { private: 'Private', restricted: 'Restricted', public: 'Public' } as const

/** What channels say of the gateway that speaks. */
export function speakerOf({
  gateway,
  station,
}: Pick<GatewayConfig, 'gateway' | 'station'>): Pick<ChannelSurroundings, 'gatewayId' | 'language' | 'station'> {
  const timeZone = station.timeZone ?? USUAL_TIME_ZONE
  return { gatewayId: gateway.id, language: gateway.language, station: { name: station.name, timeZone } }
}

/** Also for those who fetch messages: theirs are the same as those that are posted. */
export function capOptionsOf(
  section: SectionOf<'cap'>,
  { gatewayId, station }: Pick<ChannelSurroundings, 'gatewayId' | 'station'>,
): CapOptions {
  const { sender, scope, restriction, validFor, contact, division, placeRadiusMetres } = section
  return {
    ...{ gateway: gatewayId, sender: sender ?? gatewayId, senderName: station.name, timeZone: station.timeZone },
    ...{ scope: SCOPES[scope ?? 'private'], restriction: restriction ?? '', contact: contact ?? null },
    validForMs: validFor === undefined ? null : parseDuration(validFor),
    ...{ division: division ?? null, placeRadiusMetres: placeRadiusMetres ?? 100 },
  }
}

const SMTP_PORTS = { tls: 465, starttls: 587, none: 25 } as const

function emailChannel(section: SectionOf<'email'>, { language, station }: ChannelSurroundings): Channel {
  const { id, host, port, security, caFile, username, password } = section
  const own = section.language ?? language
  const ca = caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') }
  return createEmailChannel({
    ...{ id, language: own, from: { name: station.name[own], address: section.from } },
    endpoint: { host, port: port ?? SMTP_PORTS[security], security, ...ca },
    account: username === undefined || password === undefined ? null : { username, password },
    passwordInTheOpen: section.passwordInTheOpen === 'allowed',
    ...timeoutOf(section),
  })
}

function commandChannel(section: SectionOf<'device-command'>, surroundings: ChannelSurroundings): Channel {
  const { id, device, on, off, exercises = false } = section
  const actionOf = ({ command, value, values = {} }: typeof on) => ({ command, value: value ?? null, values })
  return createDeviceCommandChannel({
    ...{ id, device, on: actionOf(on), off: off === undefined ? null : actionOf(off), exercises },
    send: surroundings.commandDevice,
    isNeededElsewhere: (notification) =>
      surroundings.waitsElsewhere({ channel: id, notification: notification.id, exercises }),
  })
}

function mqttChannel(section: SectionOf<'mqtt'>, { gatewayId, confirm, log }: ChannelSurroundings): Channel {
  const { id, url, topic, receiptsTopic = null, username, password, protocolVersion, caFile } = section
  return createMqttChannel({
    ...{ id, gateway: gatewayId, url, topic, receiptsTopic, confirm, log, ...timeoutOf(section) },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(protocolVersion !== undefined && { protocolVersion }),
    ...(caFile !== undefined && { tls: { ca: readFileSync(caFile, 'utf8') } }),
  })
}

function timeoutOf({ timeout }: { readonly timeout?: string }): { readonly timeoutMs?: number } {
  return timeout === undefined ? {} : { timeoutMs: parseDuration(timeout) }
}
