import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import modbusSerial from 'modbus-serial'
import { SerialPort } from 'serialport'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { DeviceProfile } from '../../../../device-profiles/schema.ts'
import { createBank, type Values, writeValues } from '../../../../simulator/modbus/device-registers.ts'
import { RtuFraming } from '../../../../simulator/modbus/rtu-framing.ts'
import { ModbusStation, type StationLine } from '../../../../simulator/modbus/station.ts'
import { startPtyPair } from '../../../support/modbus-servers.ts'
import { describeReal } from '../../../support/real-servers.ts'
import { everyTable, profileOf } from './profiles.ts'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

function bankOf(profile: DeviceProfile, values: Values, parameters: Readonly<Record<string, number>> = {}) {
  const bank = createBank(profile)
  writeValues(bank, { profile, parameters, values })
  return bank
}

const radar = () => bankOf(profileOf('dfrobot-sen0676'), { level: 0.384 }, { 'installation-height': 2.5 })

/** Unit 1 has points in every table, unit 2 is a radar gauge over a level of 0.384 m (register 1 is 2116). */
async function start(type: 'modbus-tcp' | 'modbus-rtu-over-tcp') {
  const one = bankOf(everyTable, { 'coil-b': 1, contact: 1, input: -12.3, long: 0x12345678, far: 100 })
  const station = new ModbusStation({ type, host: '127.0.0.1', port: 0 })
  station.addUnit(1, one)
  station.addUnit(2, radar())
  await station.start()
  cleanUps.push(() => station.stop())
  return { station, one, port: station.port as number }
}

async function master(type: StationLine['type'], port: number): Promise<modbusSerial.default> {
  const client = new modbusSerial.default()
  if (type === 'modbus-tcp') await client.connectTCP('127.0.0.1', { port })
  else await client.connectTelnet('127.0.0.1', { port })
  client.setTimeout(2000)
  client.setID(1)
  cleanUps.push(() => new Promise<void>((resolve) => client.close(() => resolve())))
  return client
}

async function rawMaster(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  cleanUps.push(() => Promise.resolve(socket.destroy()))
  return socket
}

async function received(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const [chunk] of on(socket)) {
    chunks.push(chunk)
    if (chunks.reduce((sum, each) => sum + each.length, 0) >= length) break
  }
  return Buffer.concat(chunks)
}

async function* on(socket: Socket): AsyncGenerator<[Buffer]> {
  for (;;) yield (await once(socket, 'data')) as [Buffer]
}

describe.each(['modbus-tcp', 'modbus-rtu-over-tcp'] as const)('a station on %s, read by modbus-serial', (type) => {
  it('answers reads of every table', async () => {
    const { port } = await start(type)
    const client = await master(type, port)
    expect((await client.readCoils(10, 3)).data.slice(0, 3)).toEqual([false, true, false])
    expect((await client.readDiscreteInputs(5, 1)).data[0]).toBe(true)
    expect((await client.readInputRegisters(7, 1)).data).toEqual([0x10000 - 123])
    expect((await client.readHoldingRegisters(0, 5)).data).toEqual([0x5678, 0x1234, 0, 0, 0])
    client.setID(2)
    expect((await client.readHoldingRegisters(1, 1)).data).toEqual([2116])
  })

  it('takes writes', async () => {
    const { port, one } = await start(type)
    const client = await master(type, port)
    await client.writeCoil(10, true)
    await client.writeCoils(11, [false, true])
    expect([one.read('coil', 10), one.read('coil', 11), one.read('coil', 12)]).toEqual([1, 0, 1])
    await client.writeRegister(100, 4711)
    await client.writeRegisters(0, [1, 2, 3])
    expect([one.read('holding-register', 0), one.read('holding-register', 1), one.read('holding-register', 2)]).toEqual(
      [1, 2, 3],
    )
    expect((await client.readHoldingRegisters(100, 1)).data).toEqual([4711])
  })

  it('refuses registers that the profile does not define, reads and writes alike', async () => {
    const { port, one } = await start(type)
    const client = await master(type, port)
    await expect(client.readHoldingRegisters(4, 2)).rejects.toMatchObject({ modbusCode: 2 })
    await expect(client.readCoils(12, 2)).rejects.toMatchObject({ modbusCode: 2 })
    await expect(client.writeRegisters(4, [1, 1])).rejects.toMatchObject({ modbusCode: 2 })
    expect([one.read('holding-register', 4)]).toEqual([0])
  })

  it('shows a changed fault with the next request, and counts', async () => {
    const { port, station } = await start(type)
    const client = await master(type, port)
    station.setFault(1, { type: 'exception', code: 6 })
    await expect(client.readCoils(10, 1)).rejects.toMatchObject({ modbusCode: 6 })
    client.setID(2)
    expect((await client.readHoldingRegisters(1, 1)).data).toEqual([2116])
    station.setFault(1, null)
    client.setID(1)
    expect((await client.readCoils(11, 1)).data[0]).toBe(true)
    expect(station.stats()).toMatchObject({ connections: 1, accepted: 1, turnedAway: 0, requests: 3, broken: 0 })
  })
})

describe('a station on Modbus TCP, byte by byte', () => {
  const request = (transaction: number, unitId: number, ...pdu: number[]) =>
    Buffer.from([transaction >> 8, transaction & 0xff, 0, 0, 0, pdu.length + 1, unitId, ...pdu])

  it.each([
    ['an unknown function code', [0x2b, 0x0e, 1, 0], [0xab, 1]],
    ['no registers at all', [3, 0, 0, 0, 0], [0x83, 3]],
    ['more registers than one reply can hold', [3, 0, 0, 0, 126], [0x83, 3]],
    ['more coils than one reply can hold', [1, 0, 10, 0x07, 0xd1], [0x81, 3]],
    ['a coil value that is neither on nor off', [5, 0, 10, 0, 1], [0x85, 3]],
    ['a byte count that does not fit the quantity', [16, 0, 0, 0, 1, 4, 0, 1, 0, 1], [0x90, 3]],
    ['a request that is too short', [3, 0], [0x83, 3]],
    ['an address at the end of the table', [4, 0xff, 0xff, 0, 2], [0x84, 2]],
  ])('refuses %s', async (_what, pdu, reply) => {
    const { port } = await start('modbus-tcp')
    const socket = await rawMaster(port)
    socket.write(request(7, 1, ...pdu))
    expect([...(await received(socket, 9))]).toEqual([0, 7, 0, 0, 0, 3, 1, ...reply])
  })

  it('answers as a gateway for a unit that is not there', async () => {
    const { port } = await start('modbus-tcp')
    const socket = await rawMaster(port)
    socket.write(request(1, 9, 3, 0, 0, 0, 1))
    expect([...(await received(socket, 9))]).toEqual([0, 1, 0, 0, 0, 3, 9, 0x83, 11])
  })

  it('answers every one of many requests in one segment, in their order', async () => {
    const { port } = await start('modbus-tcp')
    const socket = await rawMaster(port)
    const count = 2000
    socket.write(Buffer.concat(Array.from({ length: count }, (_, i) => request(i, 2, 3, 0, 1, 0, 1))))
    const replies = await received(socket, count * 11)
    expect(replies).toHaveLength(count * 11)
    const transactions = Array.from({ length: count }, (_, i) => replies.readUInt16BE(i * 11))
    expect(transactions).toEqual(Array.from({ length: count }, (_, i) => i))
    expect(replies.readUInt16BE((count - 1) * 11 + 9)).toBe(2116)
  })

  it('lets a late unit come after a prompt one, and a silent one not at all', async () => {
    const { port, station } = await start('modbus-tcp')
    const socket = await rawMaster(port)
    station.setFault(1, { type: 'late', ms: 50 })
    socket.write(request(1, 1, 1, 0, 11, 0, 1))
    socket.write(request(2, 2, 3, 0, 1, 0, 1))
    const replies = await received(socket, 21)
    expect([replies.readUInt16BE(0), replies.readUInt16BE(11)]).toEqual([2, 1])
    station.setFault(1, { type: 'silent' })
    socket.write(request(3, 1, 1, 0, 11, 0, 1))
    socket.write(request(4, 2, 3, 0, 1, 0, 1))
    expect((await received(socket, 11)).readUInt16BE(0)).toBe(4)
    expect(station.stats().requests).toBe(4)
  })

  it('cuts a stream that is no Modbus', async () => {
    const { port } = await start('modbus-tcp')
    const socket = await rawMaster(port)
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\n\r\n')
    await once(socket, 'close')
  })

  it('sends what a damaged line would, and cuts the connection', async () => {
    const { port, station } = await start('modbus-tcp')
    const socket = await rawMaster(port)
    const right = [0, 5, 0, 0, 0, 5, 2, 3, 2, 0x08, 0x44]
    const ask = () => socket.write(request(5, 2, 3, 0, 1, 0, 1))
    station.setFault(2, { type: 'truncated' })
    ask()
    expect([...(await received(socket, 5))]).toEqual(right.slice(0, 5))
    station.setFault(2, { type: 'wrong-unit' })
    ask()
    expect([...(await received(socket, 11))]).toEqual(right.with(6, 3))
    station.setFault(2, { type: 'garbage' })
    ask()
    expect([...(await received(socket, 11))]).not.toEqual(right)
    station.setFault(2, { type: 'disconnect' })
    const closed = once(socket, 'close')
    ask()
    await closed
  })

  it('refuses a fault for a unit that it does not have', async () => {
    const { station } = await start('modbus-tcp')
    expect(() => station.setFault(3, null)).toThrow('there is no unit 3 on this line')
  })
})

describe('a station on RTU, byte by byte', () => {
  it('says nothing for a unit that is not there, and takes a broadcast without an answer', async () => {
    const { port, one } = await start('modbus-rtu-over-tcp')
    const client = await master('modbus-rtu-over-tcp', port)
    const socket = await rawMaster(port)
    const framing = new RtuFraming()
    const frame = (unitId: number, ...pdu: number[]) =>
      framing.encode({ unitId, transactionId: 0 }, Uint8Array.from(pdu))
    socket.write(frame(0, 6, 0, 100, 0x12, 0x67))
    socket.write(frame(9, 3, 0, 0, 0, 1))
    socket.write(frame(2, 3, 0, 1, 0, 1))
    expect([...(await received(socket, 7))].slice(0, 5)).toEqual([2, 3, 2, 0x08, 0x44])
    expect([one.read('holding-register', 100)]).toEqual([0x1267])
    expect((await client.readHoldingRegisters(100, 1)).data).toEqual([0x1267])
  })

  it('forgets half a request after a silence', async () => {
    const { port } = await start('modbus-rtu-over-tcp')
    const socket = await rawMaster(port)
    // The first bytes of a long write: without forgetting, they would swallow the requests that follow.
    socket.write(Buffer.from([1, 16, 0, 0, 0, 100, 200]))
    await delay(200)
    socket.write(Buffer.from([2, 3, 0, 1, 0, 1, 0xd5, 0xf9]))
    expect([...(await received(socket, 7))].slice(0, 5)).toEqual([2, 3, 2, 0x08, 0x44])
  })
})

describe('a station on RTU over TCP with a wire behind it', () => {
  it('answers all masters on the one wire, at its pace, and waits for its units', async () => {
    const line = { type: 'modbus-rtu-over-tcp', host: '127.0.0.1', port: 0, baudRate: 9600, replyTimeMs: 30 } as const
    const station = new ModbusStation(line)
    station.addUnit(2, radar())
    await station.start()
    cleanUps.push(() => station.stop())
    const clients = [await master(line.type, station.port as number), await master(line.type, station.port as number)]
    for (const client of clients) client.setID(2)
    const started = performance.now()
    const answers = await Promise.all(clients.map((client) => client.readHoldingRegisters(1, 1)))
    expect(answers.map(({ data }) => data)).toEqual([[2116], [2116]])
    // Two requests of 8 bytes and answers of 7, a silence between them.
    expect(performance.now() - started).toBeGreaterThan((2 * (8 + 7) + 3.5) * (10 / 9.6) + 60)
    expect(station.stats()).toMatchObject({ requests: 2, early: 0 })
  })
})

describe('the life of a station', () => {
  it('stops twice, and starts again on the same port', async () => {
    const { station, port } = await start('modbus-tcp')
    const before = await rawMaster(port)
    before.on('error', () => {})
    const cut = once(before, 'close')
    await station.stop()
    await station.stop()
    await cut
    await station.start()
    expect(station.port).toBe(port)
    const client = await master('modbus-tcp', port)
    expect((await client.readCoils(11, 1)).data[0]).toBe(true)
  })

  it('says which port is taken', async () => {
    const { port } = await start('modbus-tcp')
    const second = new ModbusStation({ type: 'modbus-tcp', host: '127.0.0.1', port })
    await expect(second.start()).rejects.toThrow(`cannot listen on 127.0.0.1:${port}: listen EADDRINUSE`)
    await second.stop()
  })

  it('says which serial line cannot be opened', async () => {
    const line = { type: 'modbus-rtu', path: '/dev/no-such-line', baudRate: 9600, parity: 'none', stopBits: 1 } as const
    const station = new ModbusStation(line)
    await expect(station.start()).rejects.toThrow('cannot open the serial line /dev/no-such-line: ')
    await station.stop()
  })
})

describeReal('socat')('a station on a serial line', () => {
  async function serialLine(baudRate = 115_200) {
    const pair = await startPtyPair()
    cleanUps.push(() => pair.stop())
    const station = new ModbusStation({ type: 'modbus-rtu', path: pair.ends[0], baudRate })
    station.addUnit(5, radar())
    await station.start()
    cleanUps.push(() => station.stop())
    return { pair, station }
  }

  async function readLevel(path: string): Promise<number | undefined> {
    const client = new modbusSerial.default()
    await client.connectRTUBuffered(path, { baudRate: 115_200 })
    try {
      client.setTimeout(1000)
      client.setID(5)
      return (await client.readHoldingRegisters(1, 1)).data[0]
    } finally {
      await new Promise<void>((resolve) => client.close(() => resolve()))
    }
  }

  it('answers modbus-serial at the other end', async () => {
    const { pair, station } = await serialLine()
    expect(station.port).toBeNull()
    expect(await readLevel(pair.ends[1])).toBe(2116)
  })

  it('keeps the pace of the baud rate, and does not understand who does not', async () => {
    const { pair, station } = await serialLine(300)
    const port = new SerialPort({ path: pair.ends[1], baudRate: 300 })
    cleanUps.push(() => new Promise<void>((resolve) => port.close(() => resolve())))
    const request = new RtuFraming().encode({ unitId: 5, transactionId: 0 }, Uint8Array.of(3, 0, 1, 0, 1))
    const started = performance.now()
    port.write(request)
    await once(port, 'data')
    expect(performance.now() - started).toBeGreaterThan((8 + 3.5 + 1) * (10 / 0.3))
    port.write(request)
    await vi.waitFor(() => expect(station.stats()).toMatchObject({ requests: 1, early: 1 }), { timeout: 10_000 })
  })

  it('lets go of the line when it stops, and can have it again', async () => {
    const { pair, station } = await serialLine()
    await station.stop()
    expect(station.stats().connections).toBe(0)
    await station.start()
    expect(await readLevel(pair.ends[1])).toBe(2116)
  })

  it('finds an adapter again that was pulled out', async () => {
    const { pair, station } = await serialLine()
    await pair.pullOut()
    await vi.waitFor(() => expect(station.stats().connections).toBe(0), { timeout: 10_000 })
    await pair.plugIn()
    await vi.waitFor(() => expect(station.stats().connections).toBe(1), { timeout: 10_000 })
    expect(await readLevel(pair.ends[1])).toBe(2116)
  })
})
