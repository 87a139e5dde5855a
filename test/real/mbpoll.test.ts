/** The simulator's stations, read and written by mbpoll (a master on libmodbus) over TCP and on a paced serial line. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RegisterBank } from '../../simulator/modbus/register-bank.ts'
import { ModbusStation, type StationLine } from '../../simulator/modbus/station.ts'
import { startPtyPair } from '../support/modbus-servers.ts'
import { describeReal } from '../support/real-servers.ts'

const BAUD_RATE = 9600
const UNIT = 17

interface Ends {
  readonly line: StationLine
  /** How mbpoll is told where the station is: options, then the place. */
  readonly options: (station: ModbusStation) => readonly string[]
  readonly place: string
}

function createBank(): RegisterBank {
  const bank = new RegisterBank()
  for (const table of ['coil', 'discrete-input', 'input-register', 'holding-register'] as const) {
    bank.define(table, { address: 10, count: 20 })
  }
  for (const address of [11, 14]) bank.write('coil', address, 1)
  for (const address of [10, 13]) bank.write('discrete-input', address, 1)
  for (let i = 0; i < 20; i++) bank.write('input-register', 10 + i, 30_000 + i)
  // -123.456 as float32 and -123456789 as int32, the upper word first.
  for (const [i, word] of [0xc2f6, 0xe979, 0xf8a4, 0x32eb].entries()) bank.write('holding-register', 10 + i, word)
  return bank
}

function behaves(openEnds: () => Promise<Ends>, stops: (() => Promise<unknown>)[]): void {
  let ends: Ends
  let station: ModbusStation
  const bank = createBank()

  beforeAll(async () => {
    ends = await openEnds()
    station = new ModbusStation(ends.line)
    station.addUnit(UNIT, bank)
    await station.start()
    stops.push(() => station.stop())
  })

  afterAll(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  const run = (args: readonly string[], written: readonly string[]) =>
    promisify(execFile)('mbpoll', [
      ...[...ends.options(station), '-0', '-1', '-o', '5', '-a', `${UNIT}`, ...args, ends.place],
      ...(written.length > 0 ? ['--', ...written] : []),
    ])

  /** What it shows, or what it says went wrong. */
  async function mbpoll(...args: readonly string[]): Promise<unknown> {
    const { stdout, stderr } = await run(['-q', ...args], []).catch(
      (error: { stdout: string; stderr: string }) => error,
    )
    if (stderr.trim() !== '') return stderr.trim()
    return [...stdout.matchAll(/^\[(\d+)\]:\s+(\S+)/gm)].map((match) => `${match[1]}: ${match[2]}`)
  }

  test('reads all four tables', async () => {
    expect(await mbpoll('-t', '0', '-r', '10', '-c', '6')).toEqual([
      '10: 0',
      '11: 1',
      '12: 0',
      '13: 0',
      '14: 1',
      '15: 0',
    ])
    expect(await mbpoll('-t', '1', '-r', '10', '-c', '4')).toEqual(['10: 1', '11: 0', '12: 0', '13: 1'])
    expect(await mbpoll('-t', '3', '-r', '28', '-c', '2')).toEqual(['28: 30018', '29: 30019'])
    expect(await mbpoll('-t', '4:hex', '-r', '10', '-c', '2')).toEqual(['10: 0xC2F6', '11: 0xE979'])
    expect(await mbpoll('-t', '4:float', '-B', '-r', '10', '-c', '1')).toEqual(['10: -123.456'])
    expect(await mbpoll('-t', '4:int', '-B', '-r', '12', '-c', '1')).toEqual(['12: -123456789'])
  })

  test('is told exceptions', async () => {
    expect(await mbpoll('-t', '4', '-r', '9', '-c', '2')).toMatch(/Illegal data address/)
    station.setFault(UNIT, { type: 'exception', code: 6 })
    expect(await mbpoll('-t', '4', '-r', '10', '-c', '1')).toMatch(/Slave device or server is busy/)
    station.setFault(UNIT, null)
  })

  test('writes one and many', async () => {
    const isWritten = expect.stringMatching(/^Written \d+ references\.$/m)
    const write = async (args: readonly string[], values: readonly string[]) => (await run(args, values)).stdout
    expect(await write(['-t', '0', '-r', '20'], ['1'])).toEqual(isWritten)
    expect(await write(['-t', '0', '-r', '21'], ['1', '0', '1'])).toEqual(isWritten)
    expect(await write(['-t', '4', '-r', '20'], ['65535'])).toEqual(isWritten)
    expect(await write(['-t', '4', '-r', '21'], ['7', '8'])).toEqual(isWritten)
    expect([20, 21, 22, 23, 24].map((address) => bank.read('coil', address))).toEqual([1, 1, 0, 1, 0])
    expect([20, 21, 22, 23].map((address) => bank.read('holding-register', address))).toEqual([65_535, 7, 8, 0])
  })

  test('never came too early', () => {
    expect(station.stats()).toMatchObject({ early: 0, broken: 0 })
    expect(station.stats().requests).toBeGreaterThan(10)
  })
}

describeReal('mbpoll')('mbpoll over TCP', () => {
  behaves(
    () =>
      Promise.resolve({
        line: { type: 'modbus-tcp', host: '127.0.0.1', port: 0 },
        options: (station) => ['-m', 'tcp', '-p', `${station.port}`],
        place: '127.0.0.1',
      }),
    [],
  )
})

describeReal('mbpoll', 'socat')('mbpoll on a serial line', () => {
  const stops: (() => Promise<unknown>)[] = []
  behaves(async () => {
    const pair = await startPtyPair()
    stops.push(() => pair.stop())
    const [path, place] = pair.ends
    return {
      line: { type: 'modbus-rtu', path, baudRate: BAUD_RATE, parity: 'even' },
      options: () => ['-m', 'rtu', '-b', `${BAUD_RATE}`, '-P', 'even'],
      place,
    }
  }, stops)
})
