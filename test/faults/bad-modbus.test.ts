/** Modbus units that answer wrongly in every way: their values are bad for the right reason, their neighbours are read on. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { UnitFault } from '../../simulator/modbus/unit-fault.ts'
import type { Simulation } from '../../simulator/runner.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { GoodDevice, goodValues } from '../support/good-device.ts'
import { freePort } from '../support/server-process.ts'
import { startField } from '../support/simulated-field.ts'
import { readStored } from '../support/stored.ts'
import { storeSink, tagDevice } from '../support/tag-station.ts'

const WATER = { profile: 'dfrobot-sen0676', parameters: { 'installation-height': 5 } }
const LINES = ['modbus-tcp', 'modbus-rtu-over-tcp'] as const
/** Different at each unit, so that a reply that is taken for another's is seen. */
const LEVELS: Readonly<Record<string, number>> = {
  'near-modbus-tcp': 0.011,
  'far-modbus-tcp': 0.022,
  'near-modbus-rtu-over-tcp': 0.033,
  'far-modbus-rtu-over-tcp': 0.044,
}
const placeOf = (id: string) => ({ line: id.replace(/^(near|far)-/, ''), unitId: id.startsWith('near') ? 1 : 2 })
const WITHIN = { timeout: 15_000, interval: 25 }

const NOTHING = ['communication-failure']
const DISORDER = ['communication-failure', 'malformed']
const FAULTS: readonly (readonly [UnitFault, readonly string[]])[] = [
  [{ type: 'silent' }, NOTHING],
  [{ type: 'late', ms: 300 }, NOTHING],
  [{ type: 'disconnect' }, NOTHING],
  [{ type: 'garbage' }, DISORDER],
  [{ type: 'truncated' }, DISORDER],
  [{ type: 'wrong-unit' }, DISORDER],
  [{ type: 'exception', code: 4 }, ['device-fault']],
]

let gateway: GatewayProcess
let field: Simulation
let good: GoodDevice

beforeAll(async () => {
  gateway = await GatewayProcess.create({ devices: [] })
  const units = Object.entries(LEVELS).map(([id, level]) => ({ id, level, ...WATER, ...placeOf(id) }))
  field = await startField(
    {
      lines: LINES.map((type) => ({ id: type, type, host: '127.0.0.1', port: 0 })),
      devices: units.map(({ level, ...unit }) => ({ ...unit, values: { level } })),
    },
    gateway,
  )
  gateway.configure({
    lines: LINES.map((type) => ({
      ...{ id: type, type, host: '127.0.0.1', port: field.ports().get(type), timeout: '200ms' },
    })),
    devices: [
      tagDevice('good'),
      ...units.map(({ level: _, ...unit }) => ({ ...unit, place: '泵房', pollInterval: '100ms' })),
    ],
    // Never there, so that every reading stays in the store.
    sinks: [storeSink(`http://127.0.0.1:${await freePort()}`)],
  })
  await gateway.start()
  good = await GoodDevice.start(gateway)
})

afterAll(async () => {
  await gateway?.remove()
  await field?.stop()
})

test.each(FAULTS)('$type is bad for the right reason, and its neighbour is read on', async (fault, reasons) => {
  await Promise.all(
    LINES.map(async (line) => {
      field.setFault(`far-${line}`, fault)
      await expect.poll(() => gateway.reading(`far-${line}.level`), WITHIN).toMatchObject({ quality: 'bad' })
      expect(reasons).toContain((await gateway.reading(`far-${line}.level`))?.reason)
      await goodAfter(`near-${line}.level`, Date.now())
      field.setFault(`far-${line}`, null)
      await goodAfter(`far-${line}.level`, Date.now())
    }),
  )
})

test('after all of that no unit was believed to say what another one said', async () => {
  await good.stop()
  expect(await gateway.end()).toBe(0)
  const { readings } = await readStored(`${gateway.folder}/data`)
  for (const [id, level] of Object.entries(LEVELS)) expect(goodValues(readings, `${id}.level`), id).toEqual([level])
  expect(good.sent.length).toBeGreaterThan(20)
  expect(good.keptIn(readings)).toEqual(good.sent)
})

async function goodAfter(id: string, time: number): Promise<void> {
  await expect
    .poll(async () => {
      const reading = await gateway.reading(id)
      return reading?.quality === 'good' && reading.receivedAt > time
    }, WITHIN)
    .toBe(true)
}
