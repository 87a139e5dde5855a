/**
 * From the sensor to the people, with nothing left out: field devices on their real protocols, a gateway process, and the
 * three receivers. What each kind of sensor raises is seen by all of them, with the same numbers, and so is how it ends.
 */
import mqtt from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Alarm, AlarmEvent } from '../../gateway/alarm-model.ts'
import type { HistoryItem } from '../../gateway/http/gateway-view.ts'
import type { Simulation } from '../../simulator/runner.ts'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { describeReal } from '../support/real-servers.ts'
import { RECEIVERS_ENVIRONMENT, Receivers } from '../support/receivers.ts'
import { startField } from '../support/simulated-field.ts'
import { FIELD, KINDS, type Kind, watchedStation } from '../support/whole-station.ts'

describeReal('influxd', 'mosquitto')('the whole line', () => {
  let receivers: Receivers
  let gateway: GatewayProcess
  let field: Simulation

  beforeAll(async () => {
    receivers = await Receivers.start()
    gateway = await GatewayProcess.create({ devices: [], environment: RECEIVERS_ENVIRONMENT })
    field = await startField(FIELD, gateway)
    gateway.configure({ ...watchedStation(field.ports()), sinks: receivers.sinks })
    await gateway.start()
  })

  afterAll(async () => {
    await gateway?.remove()
    await field?.stop()
    await receivers?.remove()
  })

  function setValue(point: string, value: number): void {
    const [device = '', pointId = ''] = point.split('.')
    field.setValue(device, pointId, value)
  }

  const eventOf = (alarmId: string, type: AlarmEvent['type']) =>
    gateway.event((event) => event.alarm.id === alarmId && event.type === type)

  const alarm = (id: string) => gateway.get<Alarm>(`/api/alarms/${id}`)

  /** What a person does; resolves with the event, seen by all. */
  async function command(id: string, type: 'acknowledge' | 'reset'): Promise<AlarmEvent> {
    const comment = `${type}: 现场已查看`
    const answer = await gateway.post(`/api/alarms/${id}/${type}`, { by: '张伟', comment })
    expect(answer.status).toBe(200)
    const event = await eventOf(id, type === 'acknowledge' ? 'acknowledged' : 'reset')
    expect(event).toMatchObject({ by: '张伟', comment, alarm: answer.body as Alarm })
    await receivers.haveAll(event)
    return event
  }

  async function raise(kind: Kind): Promise<AlarmEvent> {
    const before = Date.now()
    setValue(kind.point, kind.over)
    const raised = await eventOf(`${kind.point.split('.')[0]}.${kind.rule}`, kind.begins ?? 'raised')
    const { point, over: value, unit, setpoint, level, priority } = kind
    const facts = { active: true, acked: false, latched: kind.latching === true, suppression: null }
    expect(raised).toMatchObject({ gateway: 'station-1', previousState: 'normal', by: null, comment: null })
    expect(raised.alarm).toMatchObject({
      ...{ station: 'longtian', kind: kind.kind, class: 'alarm', state: 'unacknowledged', occurrence: 1 },
      ...{ level, priority, facts, raisedAt: raised.time },
    })
    const { time } = raised.alarm.cause
    expect(raised.alarm.cause).toEqual({ point, value, unit, setpoint, quality: 'good', time })
    expect(before).toBeLessThanOrEqual(time)
    expect(time).toBeLessThanOrEqual(raised.time)
    expect(raised.time).toBeLessThanOrEqual(Date.now())
    return raised
  }

  /** The very reading that raised it, under its own time and with its tags. */
  async function expectStoredReading({ alarm: { cause, kind } }: AlarmEvent): Promise<void> {
    const [device, point] = (cause.point ?? '').split('.')
    const time = Math.round(cause.time * 1000)
    const isState = cause.unit === '1'
    await expect
      .poll(() => receivers.query(`SELECT * FROM reading WHERE device = '${device}' AND time = ${time}u`), {
        timeout: 10_000,
      })
      .toContainEqual({
        ...{ time, station: 'longtian', device, point, kind, quality: 'good' },
        ...(isState ? { state: cause.value } : { value: cause.value, unit: cause.unit }),
      })
  }

  test.each(KINDS)('$what: all see it raised, acknowledged and returned', async (kind) => {
    const raised = await raise(kind)
    await receivers.haveAll(raised)
    await expectStoredReading(raised)
    const { id } = raised.alarm
    expect(await alarm(id)).toEqual(raised.alarm)
    if (kind.latching) return expectLatched(id, kind)

    expect((await command(id, 'acknowledge')).alarm.state).toBe('acknowledged')
    setValue(kind.point, kind.back)
    const returned = await eventOf(id, 'returned')
    expect(returned).toMatchObject({
      previousState: 'acknowledged',
      alarm: { state: 'normal', cause: { value: kind.back } },
    })
    await receivers.haveAll(returned)
    expect(await alarm(id)).toEqual(returned.alarm)
  })

  /** A fire alarm stays until it has returned, a person has acknowledged it, and a person has reset it, in this order. */
  async function expectLatched(id: string, kind: Kind): Promise<void> {
    const resetRefused = async (code: string) => {
      const answer = await gateway.post(`/api/alarms/${id}/reset`, { by: '张伟' })
      expect(answer).toMatchObject({ status: 409, body: { error: { code } } })
    }
    await resetRefused('still-active')
    setValue(kind.point, kind.back)
    const returned = await eventOf(id, 'returned')
    expect(returned.alarm).toMatchObject({ state: 'latched-unacknowledged', returnedAt: returned.time })
    await receivers.haveAll(returned)
    await resetRefused('not-acknowledged')
    expect((await command(id, 'acknowledge')).alarm.state).toBe('latched-acknowledged')
    const reset = await command(id, 'reset')
    expect(reset.alarm.state).toBe('normal')
    expect(await alarm(id)).toEqual(reset.alarm)
    await resetRefused('not-latched')
  }

  test('a lost gauge over Modbus is a fault; the flood that it had reported stays as it was', async () => {
    setValue('culvert.level', 0.45)
    const flood = await eventOf('culvert.water-level', 'raised')
    field.setFault('culvert', { type: 'silent' })
    const lost = await eventOf('culvert.no-data', 'raised')
    expect(lost.alarm).toMatchObject({ class: 'fault', priority: 'high', kind: 'water-level', level: null })
    expect(lost.alarm.cause).toMatchObject({ point: null, value: null, quality: 'bad', setpoint: null })
    await receivers.haveAll(lost)
    expect(await alarm('culvert.water-level')).toEqual(flood.alarm)
    await expect
      .poll(() =>
        receivers.query(
          `SELECT quality, reason, value FROM reading WHERE device = 'culvert' AND point = 'level' ORDER BY time DESC LIMIT 1`,
        ),
      )
      .toMatchObject([{ quality: 'bad', reason: 'communication-failure' }])

    field.setFault('culvert', null)
    await receivers.haveAll(await eventOf('culvert.no-data', 'returned'))
    expect(await alarm('culvert.water-level')).toEqual(flood.alarm)
    setValue('culvert.level', 0.02)
    await receivers.haveAll(await eventOf('culvert.water-level', 'returned'))
    const told = (await gateway.alarmEvents()).filter((event) => event.alarm.device === 'culvert')
    expect(told.map((event) => `${event.alarm.rule} ${event.type}`)).toEqual([
      ...['water-level raised', 'no-data raised', 'no-data returned', 'water-level returned'],
    ])
  })

  test('a lost tag over MQTT is a fault, and no leak', async () => {
    field.setFault('hall', { type: 'silent' })
    const lost = await eventOf('hall.no-data', 'raised')
    expect(lost.alarm).toMatchObject({ class: 'fault', priority: 'medium', kind: 'extinguisher' })
    await receivers.haveAll(lost)
    field.setFault('hall', null)
    await receivers.haveAll(await eventOf('hall.no-data', 'returned'))
    const told = (await gateway.alarmEvents()).filter((event) => event.alarm.device === 'hall')
    expect(told.map((event) => `${event.alarm.rule} ${event.type}`)).toEqual(['no-data raised', 'no-data returned'])
  })

  test("the device's own time of measurement comes through to everyone", async () => {
    const time = Date.now() - 90_000
    const { name: username, password } = FIELD_USER
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.mqttPort}`, { username, password })
    await client.publishAsync('outpost/extinguisher/depot', JSON.stringify({ present: false, time }), { qos: 1 })
    await client.endAsync()
    const raised = await eventOf('depot.removed', 'raised')
    expect(raised.alarm.cause).toEqual({
      point: 'depot.present',
      value: 0,
      unit: '1',
      setpoint: null,
      quality: 'good',
      time,
    })
    await receivers.haveAll(raised)
    await expectStoredReading(raised)
  })

  test('every alarm event has come once and in order, and every reading is in InfluxDB as it was measured', async () => {
    const journaled = await gateway.alarmEvents()
    const numbers = journaled.map((_, index) => index + 1)
    expect(journaled.map(({ seq }) => seq)).toEqual(numbers)
    await receivers.haveAll(journaled.at(-1) as AlarmEvent)
    expect(receivers.dispatch.events.map(({ seq }) => seq)).toEqual(numbers)
    expect(receivers.dispatch.counters).toEqual({ duplicates: 0, missing: 0, refused: 0 })
    expect(receivers.messages.map(({ body }) => (body as AlarmEvent).seq)).toEqual(numbers)

    for (const { point } of KINDS) await expectSameReadings(point)
  })

  async function expectSameReadings(point: string): Promise<void> {
    const { items } = await gateway.get<{ items: HistoryItem[] }>(`/api/readings?point=${point}&maxPoints=10000`)
    expect(items.length).toBeGreaterThan(3)
    const [device, pointId] = point.split('.')
    const last = Math.round((items.at(-1) as HistoryItem).time * 1000)
    const where = `device = '${device}' AND point = '${pointId}' AND time <= ${last}u`
    const stored = async () =>
      (await receivers.query(`SELECT * FROM reading WHERE ${where}`)).map((row) => [
        row.time,
        row.value ?? row.state,
        row.quality,
      ])
    await expect
      .poll(stored, { timeout: 10_000 })
      .toEqual(items.map(({ time, value, quality }) => [Math.round(time * 1000), value, quality]))
  }

  test('InfluxDB has one type for each field', async () => {
    const fields = async (measurement: string) =>
      Object.fromEntries(
        (await receivers.query(`SHOW FIELD KEYS FROM ${measurement}`)).map((row) => [row.fieldKey, row.fieldType]),
      )
    expect(await fields('reading')).toEqual({
      ...{ value: 'float', state: 'integer', text: 'string', quality: 'string', reason: 'string' },
    })
    expect(await fields('alarm_event')).toMatchObject({
      seq: 'integer',
      value: 'float',
      setpoint: 'float',
      occurrence: 'integer',
    })
  })
})
