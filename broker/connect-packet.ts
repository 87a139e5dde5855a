/** CONNECT [MQTT 3.1]. */
import { malformed, PacketFields } from './packet-fields.ts'

export interface ConnectPacket {
  readonly cmd: 'connect'
  readonly protocolId: string
  /** 4 is MQTT 3.1.1 and 3 is MQTT 3.1; of any other nothing more is known. */
  readonly protocolVersion: number
  readonly clean: boolean
  /** Seconds; 0 for none. */
  readonly keepalive: number
  readonly clientId: string
  readonly will?: {
    readonly topic: string
    readonly payload: Buffer
    readonly qos: 0 | 1 | 2
    readonly retain: boolean
  }
  readonly username?: string
  readonly password?: Buffer
}

interface Flags {
  readonly clean: boolean
  readonly will: { readonly qos: 0 | 1 | 2; readonly retain: boolean } | null
  readonly username: boolean
  readonly password: boolean
}

/** Throws a Refusal where it is not as the standard wants it; an unknown protocol level is no such case. */
export function connectPacket(body: Buffer): ConnectPacket {
  const fields = new PacketFields('CONNECT', body)
  const protocolId = fields.text('protocol name')
  const protocolVersion = fields.byte('protocol level')
  if (protocolId === 'MQIsdp' ? protocolVersion !== 3 : protocolId !== 'MQTT' || protocolVersion === 3) {
    throw malformed(`CONNECT: the protocol is "${protocolId.slice(0, 20)}" ${protocolVersion} [MQTT-3.1.2-1]`)
  }
  const known = { cmd: 'connect', protocolId, protocolVersion } as const
  // What is behind the level depends on it. The answer is CONNACK with return code 1 [MQTT-3.1.2-2].
  if (protocolVersion !== 3 && protocolVersion !== 4) return { ...known, clean: true, keepalive: 0, clientId: '' }
  const { clean, will, username, password } = flagsOf(fields.byte('flags'))
  const packet = {
    ...known,
    clean,
    keepalive: fields.number('keep alive'),
    clientId: fields.text('client identifier'),
    ...(will && { will: { topic: fields.text('will topic'), payload: fields.binary('will message'), ...will } }),
    ...(username && { username: fields.text('user name') }),
    ...(password && { password: fields.binary('password') }),
  }
  fields.end()
  return packet
}

function flagsOf(byte: number): Flags {
  const qos = (byte >> 3) & 3
  const [will, retain, username, password] = [
    (byte & 4) !== 0,
    (byte & 32) !== 0,
    (byte & 128) !== 0,
    (byte & 64) !== 0,
  ]
  if ((byte & 1) !== 0) throw malformed('CONNECT: the reserved flag is set [MQTT-3.1.2-3]')
  if (!will && qos !== 0) throw malformed('CONNECT: a will QoS without a will [MQTT-3.1.2-13]')
  if (!will && retain) throw malformed('CONNECT: will retain without a will [MQTT-3.1.2-15]')
  if (qos === 3) throw malformed('CONNECT: the will QoS is 3 [MQTT-3.1.2-14]')
  if (!username && password) throw malformed('CONNECT: a password without a user name [MQTT-3.1.2-22]')
  return { clean: (byte & 2) !== 0, will: will ? { qos: qos as 0 | 1 | 2, retain } : null, username, password }
}
