/** A broker with a file, in a process of its own that a test can kill. Prints "ready". */
import { createBroker } from '../../broker/broker.ts'

const [path = '', port = ''] = process.argv.slice(2)
const quiet = (): void => {}
const broker = createBroker({
  listeners: [{ type: 'tcp', host: '127.0.0.1', port: Number(port) }],
  authentication: { type: 'anonymous-on-loopback' },
  persistence: { type: 'file', path },
  ingest: () => undefined,
  log: { debug: quiet, info: quiet, warn: quiet, error: (facts, message) => console.error(message, facts) },
})
await broker.start()
console.log('ready')
