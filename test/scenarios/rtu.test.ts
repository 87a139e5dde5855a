/** Two units on one RTU line, behind a serial gateway on TCP and on a serial port: the right values, from the right unit, or none. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Alarm, AlarmEvent } from '../../gateway/alarm-model.ts'
import type { HistoryItem, PointView } from '../../gateway/http/gateway-view.ts'
import type { Reading } from '../../gateway/model.ts'
import type { UnitFault } from '../../simulator/modbus/unit-fault.ts'
import type { Simulation } from '../../simulator/runner.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { type PtyPair, startPtyPair } from '../support/modbus-servers.ts'
import { describeReal } from '../support/real-servers.ts'
import { startField } from '../support/simulated-field.ts'

const WATER = { profile: 'dfrobot-sen0676', parameters: { 'installation-height': 5 }, line: 'bus', unitId: 1 }
const TILT = { profile: 'witmotion-hwt905', line: 'bus', unitId: 2 }
const AT_ONCE = { onDelay: '0s', offDelay: '0s' }
const WITHIN = { timeout: 10_000, interval: 50 }

/** One line: as the simulator serves it and as the gateway reaches it. */
interface Ends {
  readonly far: object
  near(field: Simulation): object
  remove(): Promise<void>
}

class Bus {
  readonly gateway: GatewayProcess
  readonly field: Simulation
  readonly #ends: Ends

  private constructor(parts: { gateway: GatewayProcess; field: Simulation; ends: Ends }) {
    this.gateway = parts.gateway
    this.field = parts.field
    this.#ends = parts.ends
  }

  static async start(ends: Ends): Promise<Bus> {
    const gateway = await GatewayProcess.create({ devices: [] })
    const field = await startField(
      {
        lines: [{ id: 'bus', ...ends.far }],
        devices: [
          { id: 'water', ...WATER, values: { level: 0.02 } },
          { id: 'tilt', ...TILT, values: { roll: 0.1, pitch: -0.2, temperature: 21.5 } },
        ],
      },
      gateway,
    )
    const watched = { place: 'cabinet', pollInterval: '100ms' }
    gateway.configure({
      lines: [{ id: 'bus', ...ends.near(field), timeout: '100ms' }],
      devices: [
        { id: 'water', ...watched, ...WATER, rules: { 'no-data': { after: '20s' }, 'water-level': AT_ONCE } },
        { id: 'tilt', ...watched, ...TILT, rules: { 'no-data': { after: '1.5s' }, tilt: AT_ONCE } },
      ],
    })
    await gateway.start()
    return new Bus({ gateway, field, ends })
  }

  /** The newest reading of a point. */
  async reading(point: string): Promise<Reading | null | undefined> {
    const { points } = await this.gateway.get<{ points: PointView[] }>(`/api/points?device=${point.split('.')[0]}`)
    return points.find(({ id }) => id === point)?.reading
  }

  /** Resolves when the gateway shows exactly this value as good. */
  async shows(point: string, value: number): Promise<void> {
    await expect.poll(() => this.reading(point), WITHIN).toMatchObject({ value, quality: 'good' })
  }

  /** Every value that was ever taken for good, in the order of time, without repetitions in a row. */
  async believed(point: string): Promise<readonly unknown[]> {
    const path = `/api/readings?point=${point}&maxPoints=10000`
    const { items } = await this.gateway.get<{ items: HistoryItem[] }>(path)
    const good = items.filter(({ quality }) => quality === 'good').map(({ value }) => value)
    return good.filter((value, i) => value !== good[i - 1])
  }

  async remove(): Promise<void> {
    await this.gateway.remove()
    await this.field.stop()
    await this.#ends.remove()
  }
}

function behaves(faults: readonly UnitFault['type'][], openEnds: () => Promise<Ends>): void {
  let bus: Bus
  beforeAll(async () => {
    bus = await Bus.start(await openEnds())
  })
  afterAll(() => bus?.remove())

  const eventOf = (alarmId: string, type: AlarmEvent['type'], after = 0) =>
    bus.gateway.event((event) => event.seq > after && event.alarm.id === alarmId && event.type === type)

  test('values of both units come through exactly, and nothing else', async () => {
    await bus.shows('water.distance', 4.98)
    const levels = [0.02, 0.035, 0.08, -0.012, 0.09]
    const rolls = [0.1, -0.125, 0.4, 0.001, -0.499]
    for (const [i, level] of levels.entries()) {
      bus.field.setValue('water', 'level', level)
      bus.field.setValue('tilt', 'roll', rolls[i] ?? 0)
      await bus.shows('water.level', level)
      await bus.shows('tilt.roll', rolls[i] ?? 0)
    }
    await bus.shows('tilt.pitch', -0.2)
    await bus.shows('tilt.temperature', 21.5)
    // What is shown may be stored a moment later.
    await expect.poll(() => bus.believed('water.level'), WITHIN).toEqual(levels)
    await expect.poll(() => bus.believed('tilt.roll'), WITHIN).toEqual(rolls)
    // On a machine that stands still a unit may be missed for a moment, and honestly so; a wrong value would raise an alarm.
    const alarms = (await bus.gateway.alarmEvents()).filter(({ alarm }) => alarm.class === 'alarm')
    expect(alarms.map(({ type, alarm }) => `${type} ${alarm.id}`)).toEqual([])
  })

  test('an alarm is raised with the numbers of its unit, and returns', async () => {
    bus.field.setValue('tilt', 'roll', -1.234)
    const raised = await eventOf('tilt.tilt-roll', 'proposed')
    expect(raised.alarm).toMatchObject({ level: 'low-low', priority: 'high', kind: 'slope' })
    expect(raised.alarm.cause).toMatchObject({
      point: 'tilt.roll',
      value: -1.234,
      unit: '°',
      setpoint: -1,
      quality: 'good',
    })
    bus.field.setValue('tilt', 'roll', 0)
    expect((await eventOf('tilt.tilt-roll', 'returned')).alarm.cause.value).toBe(0)
  })

  test.each(faults)('a unit whose fault is %s raises its fault alarm; the other keeps reporting', async (type) => {
    const last = (await bus.gateway.alarmEvents()).at(-1)?.seq ?? 0
    bus.field.setValue('water', 'level', 0.03)
    bus.field.setFault('tilt', { type } as UnitFault)
    const lost = await eventOf('tilt.no-data', 'raised', last)
    expect(lost.alarm).toMatchObject({ class: 'fault', kind: 'slope', state: 'unacknowledged' })
    const reason = type === 'wrong-unit' ? 'malformed' : 'communication-failure'
    expect(await bus.reading('tilt.roll')).toMatchObject({ value: null, quality: 'bad', reason })

    bus.field.setValue('water', 'level', 0.305)
    const flood = await eventOf('water.water-level', 'raised', lost.seq)
    expect(flood.alarm.cause).toMatchObject({ value: 0.305, quality: 'good' })
    bus.field.setValue('water', 'level', 0.03)
    await eventOf('water.water-level', 'returned', flood.seq)
    expect((await bus.gateway.get<Alarm>('/api/alarms/tilt.no-data')).facts.active).toBe(true)

    bus.field.setFault('tilt', null)
    await eventOf('tilt.no-data', 'returned', lost.seq)
    await bus.shows('tilt.roll', 0)
  })

  test('whatever was on the line, no value was believed that no unit had', async () => {
    expect(new Set(await bus.believed('water.level'))).toEqual(new Set([0.02, 0.035, 0.08, -0.012, 0.09, 0.03, 0.305]))
    expect(new Set(await bus.believed('tilt.roll'))).toEqual(new Set([0.1, -0.125, 0.4, 0.001, -0.499, -1.234, 0]))
    expect(await bus.believed('tilt.pitch')).toEqual([-0.2])
    const told = (await bus.gateway.alarmEvents()).map(({ alarm }) => alarm.id)
    expect([...new Set(told)].toSorted()).toEqual(['tilt.no-data', 'tilt.tilt-roll', 'water.water-level'])
  })
}

describe('an RTU line behind a serial gateway on TCP', () => {
  behaves(['silent', 'garbage', 'wrong-unit'], () =>
    Promise.resolve({
      far: { type: 'modbus-rtu-over-tcp', host: '127.0.0.1', port: 0 },
      near: (field) => ({ type: 'modbus-rtu-over-tcp', host: '127.0.0.1', port: field.ports().get('bus') }),
      remove: () => Promise.resolve(),
    }),
  )
})

describeReal('socat')('an RTU line on a serial port', () => {
  const serial = (path: string) => ({ type: 'modbus-rtu', path, baudRate: 19_200 })
  let pair: PtyPair
  behaves(['silent'], async () => {
    pair = await startPtyPair()
    const [near, far] = pair.ends
    return { far: serial(far), near: () => serial(near), remove: () => pair.stop() }
  })
})
