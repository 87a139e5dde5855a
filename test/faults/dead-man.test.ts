/** The death of a gateway is noticed above: a dead one raises no alarm. */
import { afterEach, expect, test } from 'vitest'
import { createDispatchReceiver } from '../../simulator/dispatch-receiver.ts'
import { GatewayProcess } from '../support/gateway-process.ts'

const SECRET = 'known-to-both'
const WITHIN = { timeout: 30_000, interval: 50 }
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

test('dispatch notices that a gateway was killed, that it is back, and that it stops because it was told to', async () => {
  const lines: string[] = []
  const dispatch = createDispatchReceiver({ port: 0, secret: SECRET, print: (line) => lines.push(line) })
  await dispatch.start()
  ends.push(() => dispatch.stop())
  const gateway = await GatewayProcess.create({
    devices: [],
    environment: { DISPATCH_SECRET: SECRET },
    sinks: [
      {
        ...{ id: 'dispatch', type: 'webhook', url: `http://127.0.0.1:${dispatch.port}`, heartbeat: { interval: '1s' } },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
        secret: '${DISPATCH_SECRET}',
      },
    ],
  })
  ends.push(() => gateway.remove())
  const told = (words: string) => expect.poll(() => lines.filter((line) => line.includes(words)), WITHIN)

  await gateway.start()
  await expect
    .poll(() => dispatch.heartbeats.get('station-1'), WITHIN)
    .toMatchObject({
      ...{ version: 1, gateway: 'station-1', station: 'longtian', intervalMs: 1000, health: 'ok' },
      lastSeq: expect.any(Number),
    })
  await gateway.end('SIGKILL')
  lines.length = 0
  await told('gateway is silent: station-1 (longtian), no heartbeat for 2.5 s').not.toHaveLength(0)
  await gateway.start()
  await told('gateway is back: station-1 (longtian), ok').not.toHaveLength(0)
  await gateway.end('SIGTERM')
  await told('gateway stops, as it was told to: station-1').not.toHaveLength(0)
  expect(dispatch.counters.refused).toBe(0)
})
