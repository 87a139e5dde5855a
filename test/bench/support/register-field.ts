/**
 * Modbus TCP devices that cost next to nothing: any unit id, any read of registers, each answer one copy. Every register
 * pair is a float with all its digits, and each second brings other values, so that nothing the gateway does with them
 * is cheaper than in the field. Its argument is how many ports it has; prints them as one line of JSON.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

const REGISTERS = 4096
const MOMENTS = 16
const HEADER = 9

const moments = Array.from({ length: MOMENTS }, (_, moment) => {
  const registers = Buffer.alloc(2 * REGISTERS)
  for (let i = 0; i < REGISTERS / 2; i++) registers.writeFloatBE(20 + 5 * Math.sin(i + moment / 3), 4 * i)
  return registers
})

/** One socket: what is left of a request that came in pieces waits for the rest. */
function serve(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const answers: Buffer[] = []
    let at = 0
    for (; at + 12 <= bytes.length; at += 12) answers.push(answerTo(bytes, at))
    rest = bytes.subarray(at)
    if (answers.length > 0) socket.write(answers.length === 1 ? (answers[0] as Buffer) : Buffer.concat(answers))
  })
}

/** Reads of registers are 12 bytes, and nothing else is asked here. */
function answerTo(request: Buffer, at: number): Buffer {
  const from = 2 * request.readUInt16BE(at + 8)
  const length = 2 * request.readUInt16BE(at + 10)
  const answer = Buffer.allocUnsafe(HEADER + length)
  request.copy(answer, 0, at, at + 8)
  answer.writeUInt16BE(3 + length, 4)
  answer[8] = length
  const now = moments[Math.floor(performance.now() / 1000) % MOMENTS] as Buffer
  now.copy(answer, HEADER, from, from + length)
  return answer
}

const servers = Array.from({ length: Number(process.argv[2]) }, () => createServer({ noDelay: true }, serve))
for (const server of servers) server.listen(0, '127.0.0.1')
await Promise.all(servers.map((server) => once(server, 'listening')))
console.log(JSON.stringify({ ports: servers.map((server) => (server.address() as AddressInfo).port) }))
process.on('SIGTERM', () => process.exit(0))
