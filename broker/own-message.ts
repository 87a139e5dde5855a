/** What the broker itself says to its subscribers. */
import type { Aedes, AedesPublishPacket } from 'aedes'

export interface OwnMessage {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1
}

export interface OwnMessageSurroundings {
  readonly aedes: Pick<Aedes, 'publish'>
  readonly topicProblem: (topic: string) => string | null
  /** Whether a connected client subscribes to the topic. */
  readonly isHeard: (topic: string) => boolean
  /** Whether a session asks for the topic above QoS 0; its client may be away. */
  readonly isKept: (topic: string) => boolean
}

/** Resolves with false, and sends nothing, where nobody would get it. */
export async function publishOwn(
  { topic, payload, qos }: OwnMessage,
  { aedes, topicProblem, isHeard, isKept }: OwnMessageSurroundings,
): Promise<boolean> {
  const problem = topicProblem(topic)
  if (problem !== null) throw new Error(problem)
  if (!isHeard(topic) && !(qos === 1 && isKept(topic))) return false
  const packet = { cmd: 'publish', dup: false, topic, payload: Buffer.from(payload), qos, retain: false }
  await new Promise<void>((done, failed) => {
    aedes.publish(packet as AedesPublishPacket, (error) => (error ? failed(error) : done()))
  })
  return true
}
