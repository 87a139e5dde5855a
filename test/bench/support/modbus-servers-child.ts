/**
 * What the simulator is measured against, in a process of its own: `station LINES UNITS` (ours), `modbus-serial` (its own
 * server), `bare` (a socket server that only copies the ids). Prints its ports as one line of JSON.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import modbusSerial from 'modbus-serial'
import { RegisterBank } from '../../../simulator/modbus/register-bank.ts'
import { ModbusStation } from '../../../simulator/modbus/station.ts'

const REGISTERS = 125

async function startStations(lines: number, units: number): Promise<readonly number[]> {
  const ports: number[] = []
  for (let line = 0; line < lines; line++) {
    const station = new ModbusStation({ type: 'modbus-tcp', host: '127.0.0.1', port: 0 })
    for (let unitId = 1; unitId <= units; unitId++) {
      const bank = new RegisterBank()
      bank.define('holding-register', { address: 0, count: REGISTERS })
      station.addUnit(unitId, bank)
    }
    await station.start()
    ports.push(station.port as number)
  }
  return ports
}

async function startModbusSerial(): Promise<readonly number[]> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  const server = new modbusSerial.ServerTCP(
    { getHoldingRegister: (address: number) => address },
    { host: '127.0.0.1', port, unitID: 255 },
  )
  await once(server, 'initialized')
  return [port]
}

async function startBare(): Promise<readonly number[]> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      const count = Math.floor(bytes.length / 12)
      const size = 9 + 2 * (bytes[11] ?? 0)
      const replies = Buffer.alloc(count * size)
      for (let i = 0; i < count; i++) bytes.copy(replies, i * size, i * 12, i * 12 + 8)
      socket.write(replies)
    })
  }).listen(0, '127.0.0.1', 1024)
  await once(server, 'listening')
  return [(server.address() as AddressInfo).port]
}

const [kind, lines, units] = process.argv.slice(2)
const starts = {
  station: () => startStations(Number(lines), Number(units)),
  'modbus-serial': startModbusSerial,
  bare: startBare,
}
console.log(JSON.stringify({ ports: await starts[kind as keyof typeof starts]() }))
process.on('SIGTERM', () => process.exit(0))
