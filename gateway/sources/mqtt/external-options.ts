/** How the gateway connects to an outside MQTT broker. */
import type { IClientOptions } from 'mqtt'
import type { Clock, Log } from '../../model.ts'
import type { MqttTopics } from './ingest.ts'
import type { SeenMessages } from './seen-messages.ts'

/** Messages that may wait for their commit; then reading stops until some are through. */
export const MAX_IN_FLIGHT = 1000
/** As long as the broker likes [MQTT 5, 3.1.2.11.2]. */
const NEVER = 0xffff_ffff
const SESSION_TAKEN_OVER = 0x8e

export interface ExternalSourceOptions extends MqttTopics {
  readonly id: string
  /** mqtt://host:port or mqtts://host:port, without credentials. */
  readonly url: string
  /** The broker keeps the session under this name: unique at the broker, and the same after every restart. */
  readonly clientId: string
  readonly username?: string
  readonly password?: string
  /** 4 is MQTT 3.1.1, and what is used if absent. */
  readonly protocolVersion?: 4 | 5
  /** MQTT 5: the broker gives each message to one member of this group [MQTT 5, 4.8.2]. */
  readonly sharedGroup?: string
  /** PEM texts. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  readonly maxPayloadBytes: number
  readonly clock: Clock
  readonly log: Log
  /** Nothing is known of earlier runs if absent. */
  readonly seen?: SeenMessages
  /** Pause before the next attempt to connect; 5000 if absent. */
  readonly reconnectMs?: number
  /** 30 if absent. */
  readonly keepAliveSeconds?: number
}

/** The connection is opened by hand, and every subscription sent by hand. */
export function connectOptions(options: ExternalSourceOptions): IClientOptions {
  const { clientId, username, password, tls, reconnectMs, keepAliveSeconds, protocolVersion = 4 } = options
  return {
    manualConnect: true,
    protocolVersion,
    // Without it a session of MQTT 5 ends with its connection [MQTT 5, 3.1.2.11.2].
    ...(protocolVersion === 5 && { properties: { sessionExpiryInterval: NEVER, receiveMaximum: MAX_IN_FLIGHT } }),
    clientId,
    clean: false,
    resubscribe: false,
    keepalive: keepAliveSeconds ?? 30,
    connectTimeout: 10_000,
    reconnectPeriod: reconnectMs ?? 5000,
    // A wrong password may be put right at the broker while we run.
    reconnectOnConnackError: true,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...tls,
  }
}

/** Why a broker of MQTT 5 ended the connection, as it says. */
export function endedBy(reasonCode: number): Error {
  const code = `0x${reasonCode.toString(16).padStart(2, '0')}`
  return reasonCode === SESSION_TAKEN_OVER
    ? new Error('another client uses the same client id: give each its own')
    : new Error(`the broker ended the connection (reason code ${code})`)
}
