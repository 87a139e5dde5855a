/**
 * From the publish of a sensor to the webhook of dispatch: decode, rules, alarm, commit with a full sync, delivery;
 * against the barest hop there is, aedes whose publish handler makes one POST. One message at a time.
 */
import { GatewayProcess } from '../support/gateway-process.ts'
import { type HttpReceiver, startReceiver } from '../support/http-receiver.ts'
import type { Bench, Row } from './row.ts'
import { startBareBroker } from './support/bare-broker-process.ts'
import { quantile } from './support/statistics.ts'
import { tagDevice } from './support/tags.ts'
import { webhookLatencies } from './support/webhook-latency.ts'

const MESSAGES = 400
const WARM_UP = 100

export const latency: Bench = {
  id: 'latency',
  async run() {
    const receiver = await startReceiver()
    const bare = await startBareBroker({ WEBHOOK: receiver.url })
    const gateway = await GatewayProcess.create({
      devices: [tagDevice('tag-0', { rules: { removed: { onDelay: '0s' } } })],
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

function measure(port: number, receiver: HttpReceiver): Promise<readonly number[]> {
  return webhookLatencies({ port, receiver, warmUp: WARM_UP, goesOn: (measured) => measured < MESSAGES })
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
