/** Reads the registers of every unit, one request after the other on each line, and does nothing with the answers. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export interface NullMasterPlan {
  readonly ports: readonly number[]
  readonly unitsPerLine: number
  readonly registers: number
  readonly seconds: number
}

const { ports, unitsPerLine, registers, seconds } = JSON.parse(process.argv[2] ?? '{}') as NullMasterPlan
const ANSWER_BYTES = 9 + 2 * registers
let answers = 0

async function askAll(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  let [turn, pending] = [0, 0]
  const ask = (): void => {
    const unitId = (turn % unitsPerLine) + 1
    socket.write(Buffer.from([(turn >> 8) & 0xff, turn & 0xff, 0, 0, 0, 6, unitId, 3, 0, 0, 0, registers]))
    turn++
  }
  socket.on('data', (bytes) => {
    pending += bytes.length
    if (pending < ANSWER_BYTES) return
    pending -= ANSWER_BYTES
    answers++
    ask()
  })
  ask()
}

process.on('disconnect', () => process.exit(0))
process.on('SIGTERM', () => process.exit(0))
await Promise.all(ports.map(askAll))
process.send?.('connected')
const begun = performance.now()
await delay(seconds * 1000)
process.send?.({ answers, seconds: (performance.now() - begun) / 1000 })
