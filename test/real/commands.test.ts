/** Commands to Modbus servers that nobody here wrote: every function code that writes, read back, and refused. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommandProfile } from '../../device-profiles/command-schema.ts'
import { type ControlOnLine, startControl } from '../support/control-on-line.ts'
import { type ModbusServer, type ServerPlace, startLibmodbus, startPymodbus } from '../support/modbus-servers.ts'
import { describeReal } from '../support/real-servers.ts'
import { freePort } from '../support/server-process.ts'

const name = { zh: '试', en: 'test' }
/** A machine under load must not look like a device that says nothing. */
const confirm = { type: 'read-back', within: '20s' } as const
const number = { unit: '1', range: [-1000, 1000] as [number, number], decimals: 3 }

const COMMANDS: readonly CommandProfile[] = [
  {
    ...{ id: 'coil', name, confirm, argument: { unit: '1', states: { 0: name, 1: name } } },
    modbus: { register: { table: 'coil', address: 3, type: 'bit' }, function: 'single' },
  },
  {
    ...{ id: 'coils', name, confirm, argument: { unit: '1', states: { 0: name, 1: name } } },
    modbus: { register: { table: 'coil', address: 5, type: 'bit' }, function: 'multiple' },
  },
  {
    ...{ id: 'register', name, confirm, argument: number },
    modbus: { register: { table: 'holding-register', address: 120, type: 'int16', scale: 0.1 }, function: 'single' },
  },
  {
    ...{ id: 'registers', name, confirm, argument: number },
    modbus: { register: { table: 'holding-register', address: 122, type: 'float32', byteOrder: 'CDAB' } },
  },
  {
    ...{ id: 'outside', name, confirm, value: 1 },
    modbus: { register: { table: 'holding-register', address: 4000, type: 'uint16' } },
  },
  {
    ...{
      id: 'elsewhere',
      name,
      value: 1,
      confirm: { type: 'read-back', within: '300ms', shows: 1, register: elsewhere() },
    },
    modbus: { register: { table: 'holding-register', address: 124, type: 'uint16' } },
  },
]

/** A register that shows something else, whatever is written. */
function elsewhere() {
  return { table: 'holding-register', address: 10, type: 'uint16' } as const
}

const RUNS: readonly (readonly ['pymodbus' | 'libmodbus', 'modbus-tcp' | 'modbus-rtu-over-tcp'])[] = [
  ['pymodbus', 'modbus-tcp'],
  ['pymodbus', 'modbus-rtu-over-tcp'],
  ['libmodbus', 'modbus-tcp'],
]

for (const [server, type] of RUNS) describeReal(server)(`${server} on ${type}`, () => takesCommands(server, type))

function takesCommands(server: 'pymodbus' | 'libmodbus', type: 'modbus-tcp' | 'modbus-rtu-over-tcp'): void {
  let running: ModbusServer
  let room: ControlOnLine

  beforeAll(async () => {
    const place: ServerPlace = { type, port: await freePort() }
    running = await (type === 'modbus-tcp' && server === 'libmodbus'
      ? startLibmodbus({ ...place, type })
      : startPymodbus(place))
    const transport = { type, host: '127.0.0.1', port: place.port }
    room = await startControl({
      ...{ transport, profile: 'outpost-ref-extinguisher-tag-modbus', commands: COMMANDS, timeoutMs: 5000 },
    })
  })
  afterAll(async () => {
    await room?.stop()
    await running?.stop()
  })

  test.each([
    ['coil', 1, '05 00 03 FF 00'],
    ['coil', 0, '05 00 03 00 00'],
    ['coils', 1, '0F 00 05 00 01 01 01'],
    ['coils', 0, '0F 00 05 00 01 01 00'],
    ['register', -12.3, '06 00 78 FF 85'],
    ['registers', -0.5, '10 00 7A 00 02 04 00 00 BF 00'],
  ])('%s %d is written, read back and confirmed', async (command, value, sent) => {
    const { state, shown, exchanges } = await room.tell(command, value)
    expect(exchanges[0]).toMatchObject({ step: 'write', sent: sent.toLowerCase() })
    expect({ state, shown }).toEqual({ state: 'confirmed', shown: value })
  })

  test('an address that it does not have is refused by the device, with its exception', async () => {
    const { state, reason } = await room.tell('outside')
    expect({ state, code: reason?.code }).toEqual({ state: 'failed', code: 'refused-by-device' })
    expect(reason?.text.en).toContain('exception 2')
  })

  test('a value that does not show where it must has not been kept', async () => {
    expect(await room.tell('elsewhere')).toMatchObject({ state: 'failed', reason: { code: 'not-kept' }, shown: 1010 })
  })
}
