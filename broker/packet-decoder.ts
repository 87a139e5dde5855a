/**
 * Decodes the packets that a client may send [MQTT 3], strictly: what the standard calls a violation is an error here,
 * and so is a packet that only a broker sends.
 *
 * It stands before aedes, whose parser (mqtt-packet) takes ill-formed texts, packet identifiers of 0 or none at all,
 * filters with misplaced wildcards, bytes behind the end of a packet, and more.
 */
import { type ConnectPacket, connectPacket } from './connect-packet.ts'
import { malformed, PacketFields } from './packet-fields.ts'
import { filterProblem } from './topic-rules.ts'

export type Qos = 0 | 1 | 2

/** As aedes takes them. */
export type ClientPacket =
  | ConnectPacket
  | {
      readonly cmd: 'publish'
      readonly topic: string
      readonly payload: Buffer
      readonly qos: Qos
      readonly dup: boolean
      readonly retain: boolean
      readonly messageId?: number
    }
  | { readonly cmd: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp'; readonly messageId: number }
  | {
      readonly cmd: 'subscribe'
      readonly messageId: number
      readonly subscriptions: { readonly topic: string; readonly qos: Qos }[]
    }
  | { readonly cmd: 'unsubscribe'; readonly messageId: number; readonly unsubscriptions: string[] }
  | { readonly cmd: 'pingreq' | 'disconnect' }

const ACKNOWLEDGEMENTS = { 4: 'puback', 5: 'pubrec', 6: 'pubrel', 7: 'pubcomp' } as const
const EMPTY = { 12: 'pingreq', 14: 'disconnect' } as const
/** Types with other flags than 0 [MQTT 2.2.2]; those of PUBLISH say something. */
const FLAGS: Readonly<Record<number, number>> = { 6: 2, 8: 2, 10: 2 }
const CONNECT = 1
const PUBLISH = 3

/** The first byte of a packet. Throws a Refusal where no packet of a client begins so. */
export function checkHeader(header: number, isFirst: boolean): void {
  const type = header >> 4
  const flags = header & 0x0f
  if (isFirst && type !== CONNECT) throw malformed(`the first packet is of type ${type}, not CONNECT [MQTT-3.1.0-1]`)
  if (type !== PUBLISH && flags !== (FLAGS[type] ?? 0)) {
    throw malformed(`a packet of type ${type} has the flags ${flags} [MQTT-2.2.2-2]`)
  }
}

/** `header`: the first byte, which is checked; `body`: what is behind the fixed header. Throws a Refusal. */
export function decodePacket(header: number, body: Buffer): ClientPacket {
  const type = header >> 4
  switch (type) {
    case CONNECT:
      return connectPacket(body)
    case PUBLISH:
      return publishPacket(header & 0x0f, body)
    case 4:
    case 5:
    case 6:
    case 7: {
      const cmd = ACKNOWLEDGEMENTS[type]
      const fields = new PacketFields(cmd.toUpperCase(), body)
      const messageId = fields.messageId()
      fields.end()
      return { cmd, messageId }
    }
    case 8:
      return subscribePacket(new PacketFields('SUBSCRIBE', body))
    case 10:
      return unsubscribePacket(new PacketFields('UNSUBSCRIBE', body))
    case 12:
    case 14:
      new PacketFields(EMPTY[type].toUpperCase(), body).end()
      return { cmd: EMPTY[type] }
    default:
      throw malformed(`a client does not send packets of type ${type} [MQTT-4.8.0-1]`)
  }
}

function publishPacket(flags: number, body: Buffer): ClientPacket {
  const fields = new PacketFields('PUBLISH', body)
  const qos = (flags >> 1) & 3
  if (qos === 3) throw malformed('PUBLISH: both bits of QoS are set [MQTT-3.3.1-4]')
  const topic = fields.text('topic')
  const identified = qos === 0 ? {} : { messageId: fields.messageId() }
  const retain = (flags & 1) === 1
  return {
    cmd: 'publish',
    topic,
    payload: fields.rest(),
    qos: qos as Qos,
    dup: (flags & 8) === 8,
    retain,
    ...identified,
  }
}

function subscribePacket(fields: PacketFields): ClientPacket {
  const messageId = fields.messageId()
  const subscriptions: { topic: string; qos: Qos }[] = []
  do {
    const topic = filterOf(fields, 'SUBSCRIBE')
    const qos = fields.byte('QoS')
    if (qos > 2) throw malformed(`SUBSCRIBE: the QoS is ${qos} [MQTT-3.8.3-4]`)
    subscriptions.push({ topic, qos: qos as Qos })
  } while (!fields.isAtEnd)
  return { cmd: 'subscribe', messageId, subscriptions }
}

function unsubscribePacket(fields: PacketFields): ClientPacket {
  const messageId = fields.messageId()
  const unsubscriptions: string[] = []
  do unsubscriptions.push(filterOf(fields, 'UNSUBSCRIBE'))
  while (!fields.isAtEnd)
  return { cmd: 'unsubscribe', messageId, unsubscriptions }
}

function filterOf(fields: PacketFields, name: string): string {
  const filter = fields.text('topic filter')
  const problem = filterProblem(filter)
  if (problem !== null) throw malformed(`${name}: ${problem}`)
  return filter
}
