/** Accepts everybody and acknowledges everything, and knows nothing of it. Says on which port. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { PacketReader } from './mqtt-packet-bytes.ts'

const CONNECT = 0x10
const PUBLISH_QOS_1 = 0x32
const ACCEPTED = Buffer.from([0x20, 2, 0, 0])

function serve(socket: Socket): void {
  const reader = new PacketReader()
  socket.on('error', () => socket.destroy())
  socket.on('data', (bytes) => {
    const answers: Buffer[] = []
    reader.read(bytes, (first, body) => {
      if (first === CONNECT) answers.push(ACCEPTED)
      else if (first === PUBLISH_QOS_1) {
        const at = 2 + body.readUInt16BE(0)
        answers.push(Buffer.from([0x40, 2, body[at] as number, body[at + 1] as number]))
      }
    })
    if (answers.length > 0) socket.write(answers.length === 1 ? (answers[0] as Buffer) : Buffer.concat(answers))
  })
}

const server = createServer({ noDelay: true }, serve).listen(0, '127.0.0.1', 1024)
await once(server, 'listening')
process.on('disconnect', () => process.exit(0))
process.on('SIGTERM', () => process.exit(0))
process.send?.({ port: (server.address() as AddressInfo).port })
