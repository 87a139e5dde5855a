/**
 * From the publish of a sensor to the webhook of dispatch: decode, rules, alarm, commit with a full sync, delivery;
 * against the barest hop there is, aedes whose publish handler makes one POST. One message at a time.
 */
import mqtt from 'mqtt'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { startReceiver } from '../support/http-receiver.ts'
import type { Bench, Row } from './row.ts'
import { startBareBroker } from './support/bare-broker-process.ts'
import { quantile } from './support/statistics.ts'

const MESSAGES = 400
const WARM_UP = 100

export const latency: Bench = {
  id: 'latency',
  async run() {
    const receiver = await startReceiver()
    const bare = await startBareBroker({ WEBHOOK: receiver.url })
    const gateway = await GatewayProcess.create({
      devices: [
        {
          ...{
            id: 'tag-0',
            place: '大厅',
            profile: 'outpost-ref-extinguisher-tag',
            broker: 'embedded',
            address: 'tag-0',
          },
          rules: { removed: { onDelay: '0s' } },
        },
      ],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
      sinks: [{ id: 'dispatch', type: 'webhook', url: receiver.url, secret: '${DISPATCH_SECRET}' }],
      environment: { DISPATCH_SECRET: 'known-to-both' },
    })
    try {
      await gateway.start()
      const hop = await measure(bare.port, receiver)
      const ours = await measure(gateway.mqttPort, receiver)
      return [row('p50', { hop, ours, q: 0.5 }), row('p99', { hop, ours, q: 0.99 })]
    } finally {
      await gateway.remove()
      await bare.stop()
      await receiver.close()
    }
  },
}

/** Milliseconds from each publish to the arrival of its POST. Every message changes an alarm: raised, returned, raised … */
async function measure(port: number, receiver: Awaited<ReturnType<typeof startReceiver>>): Promise<readonly number[]> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    ...{ username: FIELD_USER.name, password: FIELD_USER.password },
  })
  const times: number[] = []
  for (let i = 0; i < WARM_UP + MESSAGES; i++) {
    const arrived = receiver.received(receiver.requests.length + 1)
    const started = performance.now()
    client.publish('outpost/extinguisher/tag-0', JSON.stringify({ present: i % 2 === 1 }), { qos: 1 })
    await arrived
    if (i >= WARM_UP) times.push(performance.now() - started)
  }
  await client.endAsync()
  return times
}

function row(
  name: string,
  { hop, ours, q }: { readonly hop: readonly number[]; readonly ours: readonly number[]; readonly q: number },
): Row {
  const [a, b] = [quantile(ours, q), quantile(hop, q)]
  return {
    name: `publish to webhook, one at a time, ${name}`,
    ours: `${a.toFixed(2)} ms`,
    against: `bare MQTT to HTTP hop ${b.toFixed(2)} ms`,
    ratio: a / b,
    aim: '≤ 2',
    met: a / b <= 2,
  }
}
