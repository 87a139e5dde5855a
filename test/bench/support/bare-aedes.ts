/** The peer of the ingest benchmark: aedes as it comes, in a process of its own. Prints its port as one line of JSON. */
import { createServer } from 'node:net'
import { Aedes, type AedesOptions } from 'aedes'
import { DEFAULT_LIMITS } from '../../../broker/limits.ts'
import { BrokerStore } from '../../../broker/store/broker-store.ts'

const broker = await Aedes.createBroker({ concurrency: 100, ...(await persistenceOf(process.env.SESSIONS)) })
const webhook = process.env.WEBHOOK
if (webhook !== undefined) {
  // The bare hop of the latency benchmark: every publish becomes one POST, nothing else happens.
  broker.on('publish', (packet, client) => {
    if (client === null) return
    void fetch(webhook, {
      method: 'POST',
      body: packet.payload.toString(),
      headers: { 'content-type': 'application/json' },
    }).catch((error: unknown) => console.error(`webhook: ${String(error)}`))
  })
}
const server = createServer(broker.handle)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address !== null) console.log(JSON.stringify({ port: address.port }))
})
process.on('SIGTERM', () => process.exit(0))

/** Where a file is named: sessions, queues and retained messages that survive a restart, kept there as the gateway keeps them. */
async function persistenceOf(path: string | undefined): Promise<Pick<AedesOptions, 'persistence'>> {
  if (path === undefined) return {}
  const store = new BrokerStore({
    ...{ persistence: { type: 'file', path }, limits: DEFAULT_LIMITS, log: console },
    isGranted: () => true,
    onAcknowledged() {},
  })
  await store.start()
  return { persistence: store.sessions }
}
