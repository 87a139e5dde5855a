/** Modbus servers that nobody here wrote, read, written, probed and scanned over every transport that they have. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ModbusBinding } from '../../device-profiles/binding-schema.ts'
import { decodeRegisters, registerSpan } from '../../device-profiles/codec/registers.ts'
import { systemClock } from '../../gateway/clock.ts'
import type { Sample } from '../../gateway/model.ts'
import type { RequestResult } from '../../gateway/sources/modbus/exchange.ts'
import { Line } from '../../gateway/sources/modbus/line.ts'
import { createModbusLine } from '../../gateway/sources/modbus/modbus-line.ts'
import type { ModbusRequest } from '../../gateway/sources/modbus/pdu.ts'
import { resolveTiming } from '../../gateway/sources/modbus/timing.ts'
import type { TransportOptions } from '../../gateway/sources/modbus/transport.ts'
import { createMemoryLog } from '../support/memory-log.ts'
import {
  type ModbusServer,
  type ServerPlace,
  startLibmodbus,
  startPtyPair,
  startPymodbus,
} from '../support/modbus-servers.ts'
import { outpost } from '../support/outpost-command.ts'
import { describeReal, type ServerName } from '../support/real-servers.ts'
import { freePort } from '../support/server-process.ts'

const BAUD_RATE = 38_400
/** Where the values of several registers begin. */
const TYPED = 140
/** Input register 180 + n is exception n. */
const REFUSED = 180

interface Typed {
  readonly binding: Omit<ModbusBinding, 'table' | 'address'> & { readonly at: number }
  readonly value: number | string
}

interface Kind {
  readonly name: ServerName
  readonly places: readonly ServerPlace['type'][]
  readonly start: (place: ServerPlace) => Promise<ModbusServer>
  readonly units: Readonly<Record<ServerPlace['type'], readonly number[]>>
  /** What it answers input register 180 + n with. */
  readonly exceptions: readonly number[]
  readonly typed: readonly Typed[]
}

const both = [1, 2]

const libmodbus: Kind = {
  name: 'libmodbus',
  places: ['modbus-tcp', 'modbus-rtu'],
  start: (place) => {
    if (place.type === 'modbus-rtu-over-tcp') throw new RangeError('libmodbus knows no RTU over TCP')
    return startLibmodbus(place)
  },
  units: { 'modbus-tcp': both, 'modbus-rtu-over-tcp': [], 'modbus-rtu': [1] },
  exceptions: [1, 2, 3, 4, 5, 6, 8, 10, 11],
  typed: [
    // Its functions name the bytes as they stand in the memory of a little-endian machine: abcd, dcba, badc, cdab.
    { binding: { at: 0, type: 'float32', byteOrder: 'BADC' }, value: Math.fround(-123.456) },
    { binding: { at: 2, type: 'float32', byteOrder: 'CDAB' }, value: Math.fround(-123.456) },
    { binding: { at: 4, type: 'float32', byteOrder: 'ABCD' }, value: Math.fround(-123.456) },
    { binding: { at: 6, type: 'float32', byteOrder: 'DCBA' }, value: Math.fround(-123.456) },
    { binding: { at: 8, type: 'int32' }, value: -123_456_789 },
    { binding: { at: 10, type: 'int64' }, value: -1_234_567_890_123_456 },
  ],
}

/** Its orders of bytes and words, in the order in which the server writes them. */
const ORDERS = [
  ['ABCD', 'ABCDEFGH'],
  ['BADC', 'BADCFEHG'],
  ['CDAB', 'GHEFCDAB'],
  ['DCBA', 'HGFEDCBA'],
] as const

const pymodbus: Kind = {
  name: 'pymodbus',
  places: ['modbus-tcp', 'modbus-rtu-over-tcp', 'modbus-rtu'],
  start: startPymodbus,
  units: { 'modbus-tcp': both, 'modbus-rtu-over-tcp': both, 'modbus-rtu': both },
  exceptions: [],
  typed: [
    ...ORDERS.flatMap(([four, eight], i): readonly Typed[] => [
      { binding: { at: i * 8, type: 'float32', byteOrder: four }, value: Math.fround(-123.456) },
      { binding: { at: i * 8 + 2, type: 'int32', byteOrder: four }, value: -123_456_789 },
      { binding: { at: i * 8 + 4, type: 'float64', byteOrder: eight }, value: -1234.56789 },
    ]),
    { binding: { at: 32, type: 'float16' }, value: -1.5 },
    { binding: { at: 33, type: 'string', length: 2 }, value: 'A-17' },
    { binding: { at: 35, type: 'uint64' }, value: 1_234_567_890_123_456 },
  ],
}

for (const kind of [libmodbus, pymodbus]) {
  for (const type of kind.places) {
    const needed: ServerName[] = type === 'modbus-rtu' ? [kind.name, 'socat'] : [kind.name]
    describeReal(...needed)(`${kind.name} on ${type}`, () => behaves(kind, type))
  }
}

function behaves(kind: Kind, type: ServerPlace['type']): void {
  const stops: (() => Promise<void>)[] = []
  const units = kind.units[type]
  let transport: TransportOptions
  /** As the command line names it. */
  let named: string

  beforeAll(async () => {
    if (type === 'modbus-rtu') {
      const pair = await startPtyPair()
      stops.push(() => pair.stop())
      const [path, far] = pair.ends
      transport = { type, path, baudRate: BAUD_RATE, parity: 'none', dataBits: 8, stopBits: 1 }
      named = `${path}?baud=${BAUD_RATE}`
      stops.push((await kind.start({ type, path: far, baudRate: BAUD_RATE })).stop)
    } else {
      const port = await freePort()
      transport = { type, host: '127.0.0.1', port }
      named = `${type === 'modbus-tcp' ? 'tcp' : 'rtu-over-tcp'}://127.0.0.1:${port}`
      stops.push((await kind.start({ type, port })).stop)
    }
  })

  afterAll(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  async function withLine(use: (line: Line) => Promise<void>): Promise<void> {
    const timing = resolveTiming(transport, { timeoutMs: 5000, quietAtStartMs: 5 })
    const line = new Line({ id: 'line', transport, timing }, { clock: systemClock, log: createMemoryLog() })
    line.start()
    try {
      // A server can say that it starts a moment before it listens to its serial port, so the first request may be lost.
      let first: RequestResult
      do first = await line.request(1, read('coil', 0, 1))
      while (first.type === 'failure' || first.unconfirmed)
      await use(line)
    } finally {
      await line.stop()
    }
  }

  test('is understood and understands, in every table and every write', () =>
    withLine(async (line) => {
      for (const unitId of units) {
        const holding = wordsOf(await line.request(unitId, read('holding-register', 3, 125)))
        expect(holding).toEqual(Array.from({ length: 125 }, (_, index) => 1003 + index))
        expect(wordsOf(await line.request(unitId, read('input-register', 7, 2)))).toEqual([2007, 2008])
        expect(wordsOf(await line.request(unitId, read('coil', 1, 11)))).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0])
        expect(wordsOf(await line.request(unitId, read('discrete-input', 0, 3)))).toEqual([0, 1, 0])
      }
      const writes: ModbusRequest[] = [
        { type: 'write-coil', address: 1, value: true },
        { type: 'write-register', address: 130, value: 65_535 },
        { type: 'write-coils', address: 2, values: [false, true, true] },
        { type: 'write-registers', address: 131, values: [7, 8] },
      ]
      for (const write of writes) expect(await line.request(1, write)).toMatchObject({ reply: { type: 'written' } })
      const written = await line.request(1, read('holding-register', 129, 5))
      expect(wordsOf(written)).toEqual([1129, 65_535, 7, 8, 1133])
      expect(wordsOf(await line.request(1, read('coil', 0, 5)))).toEqual([1, 1, 0, 1, 1])
      expect(line.counters).toMatchObject({ lateReplies: 0, refusedReplies: 0 })
    }))

  test('its exceptions are told by their codes', () =>
    withLine(async (line) => {
      const codeOf = async (request: ModbusRequest): Promise<unknown> => {
        const result = await line.request(1, request)
        return result.type === 'reply' && result.reply.type === 'exception' ? result.reply.code : result
      }
      expect(await codeOf(read('holding-register', 190, 20))).toBe(2)
      expect(await codeOf({ type: 'write-register', address: 400, value: 1 })).toBe(2)
      for (const code of kind.exceptions) expect(await codeOf(read('input-register', REFUSED + code, 1))).toBe(code)
    }))

  test('values of several registers, in every order that it knows, come through the polls of a device', async () => {
    const samples = await polled(transport, kind.typed)
    for (const { binding, value } of kind.typed) {
      const where = bindingOf(binding)
      const { address, count } = registerSpan(where)
      const sample = samples.find(
        (each) => each.address <= address && each.address + each.words.length >= address + count,
      )
      const words = Array.from(sample?.words ?? [])
        .slice(address - (sample?.address ?? 0))
        .slice(0, count)
      expect([binding, decodeRegisters(where, words, {})]).toEqual([binding, { value }])
    }
  })

  // Three processes each time; the other pairs differ in nothing that these commands could notice.
  const isCommissioned = kind.name === 'libmodbus' || type === 'modbus-rtu-over-tcp'
  if (!isCommissioned) return
  test('probe and scan find it', async () => {
    const probed = await outpost('probe', '--line', named, '--unit', '1', '--profile', PROFILE, '--timeout', '5s')
    expect(probed.stdout).toMatch(/^pressure +holding-register 0 +0x03e8 +100\.0 kPa +good/m)
    const found = await outpost('scan', '--line', named, '--to', '3', '--timeout', '1s')
    expect(found.code).toBe(0)
    const rows = found.stdout.split('\n').filter((row) => row.startsWith('unit '))
    expect(rows.map((row) => row.split(':')[0])).toEqual(units.map((unitId) => `unit ${unitId}`))
  })
}

const PROFILE = 'outpost-ref-extinguisher-tag-modbus'

function read(table: ModbusBinding['table'], address: number, count: number): ModbusRequest {
  return { type: 'read', table, address, count }
}

function wordsOf(result: RequestResult): number[] {
  return result.type === 'reply' && result.reply.type === 'words' ? Array.from(result.reply.words) : []
}

function bindingOf({ at, ...binding }: Typed['binding']): ModbusBinding {
  return { table: 'holding-register', address: TYPED + at, ...binding }
}

type Registers = Sample & { readonly type: 'registers' }

/** One cycle of a device that has these points. */
async function polled(transport: TransportOptions, typed: readonly Typed[]): Promise<readonly Registers[]> {
  const points = typed.map(({ binding }, i) => {
    const name = { zh: `${i}`, en: `${i}` }
    const type = binding.type === 'string' ? ('text' as const) : ('number' as const)
    return { id: `p${i}`, name, unit: '1', type, modbus: bindingOf(binding) }
  })
  const line = createModbusLine(
    {
      ...{ id: 'line', transport, timeoutMs: 5000, quietAtStartMs: 5 },
      units: [{ deviceId: 'server', unitId: 1, pollIntervalMs: 50, points }],
    },
    { clock: systemClock, log: createMemoryLog() },
  )
  const samples: Registers[] = []
  const read = Promise.withResolvers<void>()
  const wanted = new Set(
    points.flatMap(({ modbus }) => Array.from({ length: registerSpan(modbus).count }, (_, i) => modbus.address + i)),
  )
  try {
    await line.start((sample) => {
      if (sample.type === 'registers') {
        samples.push(sample)
        for (let i = 0; i < sample.words.length; i++) wanted.delete(sample.address + i)
        if (wanted.size === 0) read.resolve()
      }
      return Promise.resolve()
    })
    await read.promise
    return samples
  } finally {
    await line.stop()
  }
}
