/**
 * A bare loop that reads the same registers again and again and does nothing with them: over modbus-serial, or over the
 * line of the gateway alone. Arguments: `modbus-serial` or `line`, port, registers. Prints one line of JSON and ends.
 */
import ModbusRTU from 'modbus-serial'
import { systemClock } from '../../../gateway/clock.ts'
import { createLog } from '../../../gateway/log.ts'
import { createModbusLine } from '../../../gateway/sources/modbus/modbus-line.ts'

const WARM_UP_MS = 2000
const MEASURE_MS = 4000

type Read = () => Promise<unknown>

async function overModbusSerial(port: number, registers: number): Promise<Read> {
  const client = new ModbusRTU.default()
  await client.connectTCP('127.0.0.1', { port })
  client.setID(1)
  client.setTimeout(1000)
  return () => client.readHoldingRegisters(0, registers)
}

function overLine(port: number, registers: number): Read {
  const transport = { type: 'modbus-tcp', host: '127.0.0.1', port } as const
  const line = createModbusLine({ id: 'line', transport, units: [] }, { clock: systemClock, log: createLog('warn') })
  return async () => {
    const result = await line.request(1, { type: 'read', table: 'holding-register', address: 0, count: registers })
    if (result.type === 'failure') throw new Error(result.detail)
  }
}

async function readFor(ms: number, read: Read): Promise<number> {
  const started = performance.now()
  let replies = 0
  for (; performance.now() - started < ms; replies++) await read()
  return (replies * 1000) / (performance.now() - started)
}

const [kind, port, registers] = process.argv.slice(2)
const open = kind === 'line' ? overLine : overModbusSerial
const read = await open(Number(port), Number(registers))
await readFor(WARM_UP_MS, read)
console.log(JSON.stringify({ perSecond: await readFor(MEASURE_MS, read) }))
process.exit(0)
