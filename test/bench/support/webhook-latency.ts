/** How long a publish takes to the webhook: one message at a time. */
import mqtt from 'mqtt'
import { FIELD_USER } from '../../support/gateway-process.ts'
import type { HttpReceiver } from '../../support/http-receiver.ts'

export interface LatencyQuestion {
  readonly port: number
  readonly receiver: HttpReceiver
  /** Of the devices; `tag-0` if absent. */
  readonly tag?: string
  readonly warmUp: number
  /** After each message that counts; false ends the measurement. */
  readonly goesOn: (measured: number) => boolean
}

/** Milliseconds from each publish to the arrival of its POST. Every message changes an alarm: raised, returned, raised … */
export async function webhookLatencies(question: LatencyQuestion): Promise<readonly number[]> {
  const { port, receiver, tag = 'tag-0', warmUp, goesOn } = question
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    ...{ username: FIELD_USER.name, password: FIELD_USER.password },
  })
  const times: number[] = []
  for (let i = 0; i < warmUp || goesOn(times.length); i++) {
    const arrived = receiver.received(receiver.requests.length + 1)
    const started = performance.now()
    client.publish(`outpost/extinguisher/${tag}`, JSON.stringify({ present: i % 2 === 1 }), { qos: 1 })
    await arrived
    if (i >= warmUp) times.push(performance.now() - started)
  }
  // The next measurement begins where this one did.
  if ((warmUp + times.length) % 2 === 1) {
    const arrived = receiver.received(receiver.requests.length + 1)
    client.publish(`outpost/extinguisher/${tag}`, JSON.stringify({ present: true }), { qos: 1 })
    await arrived
  }
  await client.endAsync()
  return times
}
