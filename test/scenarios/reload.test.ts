/** A running gateway is given a changed configuration: what changed is applied, and everything else does not notice. */
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Alarm, AlarmEvent } from '../../gateway/alarm-model.ts'
import { createDispatchReceiver, type DispatchReceiver } from '../../simulator/dispatch-receiver.ts'
import type { Simulation } from '../../simulator/runner.ts'
import { ConfigurationFile } from '../support/configuration-file.ts'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { type HttpReceiver, startReceiver, status } from '../support/http-receiver.ts'
import { type ParsedLine, parseLine } from '../support/line-protocol.ts'
import { startField } from '../support/simulated-field.ts'
import { storeSink } from '../support/tag-station.ts'

const SECRET = 'known-to-both'
/** A busy machine must not look like a lost sensor. */
const PATIENT = { 'no-data': { after: '30s' }, 'bad-quality': { onDelay: '30s' } }
const AT_ONCE = { onDelay: '0s', offDelay: '0s' }
const WATER = { profile: 'dfrobot-sen0676', parameters: { 'installation-height': 5 }, line: 'cabinet', unitId: 1 }
const CRACK = { profile: 'dfrobot-sen0492', parameters: { 'zero-distance': 1800 }, line: 'yard', unitId: 1 }
const tag = (id: string) => ({
  ...{ id, place: id, profile: 'outpost-ref-extinguisher-tag', broker: 'embedded', address: id },
  rules: { removed: AT_ONCE },
})

describe('a changed configuration', () => {
  let gateway: GatewayProcess
  let field: Simulation
  let dispatch: DispatchReceiver
  let file: ConfigurationFile
  let client: MqttClient
  let base: string
  let clientClosed = false

  beforeAll(async () => {
    dispatch = await startDispatch()
    gateway = await GatewayProcess.create({ devices: [], environment: { DISPATCH_SECRET: SECRET } })
    field = await startField(
      {
        lines: ['cabinet', 'yard'].map((id) => ({ id, type: 'modbus-tcp', host: '127.0.0.1', port: 0 })),
        devices: [
          { id: 'underpass', ...WATER, values: { level: 0.02 } },
          { id: 'culvert', ...WATER, unitId: 2, values: { level: 0.05 } },
          { id: 'crack', ...CRACK, values: { displacement: 1 } },
        ],
      },
      gateway,
    )
    gateway.configure({
      lines: [...field.ports()].map(([id, port]) => ({ id, type: 'modbus-tcp', host: '127.0.0.1', port })),
      devices: [
        {
          id: 'underpass',
          place: 'underpass',
          ...WATER,
          pollInterval: '100ms',
          rules: { ...PATIENT, 'water-level': AT_ONCE },
        },
        { id: 'crack', place: 'crack', ...CRACK, pollInterval: '100ms', rules: { ...PATIENT, displacement: AT_ONCE } },
        tag('lobby'),
      ],
      sinks: [dispatchSink(dispatch.port)],
    })
    file = new ConfigurationFile(gateway)
    base = file.text
    await gateway.start()
    client = await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.mqttPort}`, {
      ...{ username: FIELD_USER.name, password: FIELD_USER.password, reconnectPeriod: 0 },
    })
    client.once('close', () => {
      clientClosed = true
    })
  })

  afterAll(async () => {
    await client?.endAsync(true)
    await gateway?.remove()
    await field?.stop()
    await dispatch?.stop()
  })

  /** Each test begins with the first configuration. */
  beforeEach(async () => {
    file.write(base)
    await reload()
  })

  async function reload(): Promise<readonly string[]> {
    const answer = await gateway.post('/api/reload')
    expect(answer).toMatchObject({ status: 200 })
    return (answer.body as { changes: string[] }).changes
  }

  const eventOf = (alarmId: string, type: AlarmEvent['type']) =>
    gateway.event((event) => event.alarm.id === alarmId && event.type === type)
  const loadedAt = async () =>
    (await gateway.get<{ configuration: { loadedAt: number } }>('/api/info')).configuration.loadedAt
  async function acknowledgeAll(): Promise<void> {
    const { alarms } = await gateway.get<{ alarms: readonly Alarm[] }>('/api/alarms?open=true')
    for (const { id } of alarms.filter(({ facts }) => facts.suppression === null && !facts.acked))
      expect(await gateway.post(`/api/alarms/${id}/acknowledge`, { by: '张伟' })).toMatchObject({ status: 200 })
  }
  const publish = (id: string, message: object) =>
    client.publishAsync(`outpost/extinguisher/${id}`, JSON.stringify(message), { qos: 1 })

  test('nothing changes where the file did not', async () => {
    const before = field.lineStats().get('cabinet')?.accepted
    expect(await reload()).toEqual([])
    expect(field.lineStats().get('cabinet')?.accepted).toBe(before)
  })

  test('on SIGHUP: a changed setpoint and new devices; connections, readings and alarms stay', async () => {
    field.setValue('underpass', 'level', 0.305)
    const raised = await eventOf('underpass.water-level', 'raised')
    expect(raised.alarm.level).toBe('orange')
    await gateway.post('/api/alarms/underpass.water-level/acknowledge', { by: '张伟' })
    const connections = [...field.lineStats().values()].map(({ accepted }) => accepted)
    const before = await loadedAt()

    file.edit((config) => {
      config.devices[0].rules['water-level'].levels = { orange: { above: 0.35 } }
      config.devices.push(tag('hall'), {
        id: 'culvert',
        place: 'culvert',
        ...WATER,
        unitId: 2,
        pollInterval: '100ms',
        rules: PATIENT,
      })
    })
    gateway.signal('SIGHUP')
    await expect.poll(loadedAt, { timeout: 10_000 }).toBeGreaterThan(before)
    await expect
      .poll(() => gateway.output)
      .toContain('"changes":["added device hall","added device culvert","changed device underpass"]')

    // The value that is there is judged by the new setpoint, and what a person has seen need not be seen again.
    expect(await eventOf('underpass.water-level', 'level-changed')).toMatchObject({
      previousState: 'acknowledged',
      alarm: { level: 'yellow', state: 'acknowledged', occurrence: 1, acknowledgedBy: '张伟', raisedAt: raised.time },
    })
    await publish('hall', { present: false })
    expect((await eventOf('hall.removed', 'raised')).alarm.cause.value).toBe(0)
    expect({ clientClosed, connected: client.connected }).toEqual({ clientClosed: false, connected: true })

    const culvert = () =>
      gateway.get<{ points: { id: string; reading: object | null }[] }>('/api/points?device=culvert')
    await expect
      .poll(async () => (await culvert()).points.find(({ id }) => id === 'culvert.level')?.reading)
      .toMatchObject({ value: 0.05, quality: 'good' })
    const asked = field.lineStats().get('cabinet')?.requests ?? 0
    await expect.poll(() => field.lineStats().get('cabinet')?.requests).toBeGreaterThan(asked + 2)
    expect([...field.lineStats().values()].map(({ accepted }) => accepted)).toEqual(connections)

    // Back in the first file it is orange again, and that is news.
    file.write(base)
    expect(await reload()).toEqual(['removed device hall', 'removed device culvert', 'changed device underpass'])
    const { state, level } = await gateway.get<Alarm>('/api/alarms/underpass.water-level')
    expect({ state, level }).toEqual({ state: 'unacknowledged', level: 'orange' })
    field.setValue('underpass', 'level', 0.02)
    await eventOf('underpass.water-level', 'returned')
  })

  test('a removed device takes its active alarm out of service, and brings it back when it is back', async () => {
    field.setValue('crack', 'displacement', 12)
    const raised = await eventOf('crack.displacement', 'proposed')
    file.edit((config) => {
      config.lines = config.lines.filter((line: { id: string }) => line.id !== 'yard')
      config.devices = config.devices.filter((device: { id: string }) => device.id !== 'crack')
    })
    expect(await reload()).toEqual(['removed device crack', 'stopped yard'])
    const removed = await eventOf('crack.displacement', 'removed')
    expect(removed).toMatchObject({
      previousState: 'unacknowledged',
      alarm: { state: 'out-of-service', level: 'yellow' },
    })
    expect(await gateway.get<Alarm>('/api/alarms/crack.displacement')).toEqual(removed.alarm)
    expect(JSON.stringify(await gateway.get('/api/points'))).not.toContain('crack.')
    await expect.poll(() => field.lineStats().get('yard')?.connections).toBe(0)

    file.write(base)
    expect(await reload()).toEqual(['added device crack', 'started yard'])
    const restored = await eventOf('crack.displacement', 'restored')
    const { facts, state, occurrence, raisedAt } = raised.alarm
    expect(restored.alarm).toMatchObject({ facts, state, occurrence, raisedAt })
    field.setValue('crack', 'displacement', 1)
    await eventOf('crack.displacement', 'returned')
    const told = (await gateway.alarmEvents()).filter((event) => event.alarm.id === 'crack.displacement')
    expect(told.map(({ type }) => type)).toEqual(['proposed', 'removed', 'restored', 'returned'])
    await expect
      .poll(() => dispatch.events.filter(({ alarm }) => alarm.id === 'crack.displacement').map(({ type }) => type))
      .toEqual(told.map(({ type }) => type))
  })

  test('a sink that moves goes on where it was; one that comes back is told of what goes on, not of what is over', async () => {
    const other = await startDispatch()
    const seqOf = async (id: string) => (await eventOf(id, 'raised')).seq
    await acknowledgeAll()
    file.edit((config) => {
      config.devices.push(...['a', 'b', 'c'].map(tag))
      config.sinks = [dispatchSink(other.port)]
    })
    const last = (await gateway.alarmEvents()).at(-1)?.seq ?? 0
    await expect.poll(() => dispatch.events.at(-1)?.seq).toBe(last)
    expect(await reload()).toEqual([
      ...['added device a', 'added device b', 'added device c', 'restarted dispatch:alarm-events'],
    ])
    await publish('a', { present: false })
    expect(await seqOf('a.removed')).toBe(last + 1)
    await expect.poll(() => other.events.map(({ seq }) => seq)).toEqual([last + 1])

    file.edit((config) => {
      config.sinks = []
    })
    expect(await reload()).toEqual(['stopped dispatch:alarm-events'])
    await publish('a', { present: true })
    await eventOf('a.removed', 'returned')
    await acknowledgeAll()
    await publish('b', { present: false })
    await seqOf('b.removed')
    file.edit((config) => {
      config.sinks = [dispatchSink(other.port)]
    })
    expect(await reload()).toEqual(['started dispatch:alarm-events'])
    await expect.poll(() => other.events.map(({ alarm }) => alarm.id)).toEqual(['a.removed', 'b.removed'])
    await publish('c', { present: false })
    await seqOf('c.removed')
    await expect.poll(() => other.events.map(({ alarm }) => alarm.id)).toEqual(['a.removed', 'b.removed', 'c.removed'])
    expect(dispatch.events.at(-1)?.seq).toBe(last)
    await other.stop()
  })

  test('what a removed device had measured keeps its tags and its field types', async () => {
    const store = await startReceiver(status(503))
    file.edit((config) => {
      config.devices.push(tag('depot'))
      config.sinks = [storeSink(store.url)]
    })
    await reload()
    await publish('depot', { present: true, pressure: 1234 })
    await store.received(1)
    file.edit((config) => {
      config.devices.pop()
    })
    await reload()
    store.answer = status(204)
    const answered = store.requests.length
    // Two that were measured, and three that cannot be computed without a temperature.
    await expect
      .poll(() => linesOf(store, answered).filter(({ tags }) => tags.device === 'depot').length, { timeout: 10_000 })
      .toBe(5)
    const tags = { station: 'longtian', device: 'depot', kind: 'extinguisher' }
    const lines = linesOf(store, answered)
    expect(lines).toContainEqual(
      expect.objectContaining({
        ...{ measurement: 'reading', tags: { ...tags, point: 'present' } },
        fields: { state: { type: 'integer', value: 1n }, quality: { type: 'string', value: 'good' } },
      }),
    )
    expect(lines).toContainEqual(expect.objectContaining({ tags: { ...tags, point: 'pressure', unit: 'kPa' } }))
    await store.close()
  })

  test('the log follows its level', async () => {
    file.edit((config) => {
      config.gateway.logLevel = 'error'
      config.devices.push(tag('quiet'))
    })
    await reload()
    file.write(base)
    await reload()
    await expect.poll(() => gateway.output).toContain('removed device quiet')
    expect(gateway.output).not.toContain('added device quiet')
  })
})

async function startDispatch(): Promise<DispatchReceiver> {
  const receiver = createDispatchReceiver({ port: 0, secret: SECRET, print: () => {} })
  await receiver.start()
  return receiver
}

function dispatchSink(port: number): object {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
  return { id: 'dispatch', type: 'webhook', url: `http://127.0.0.1:${port}`, secret: '${DISPATCH_SECRET}' }
}

function linesOf(store: HttpReceiver, after: number): readonly ParsedLine[] {
  return store.requests.slice(after).flatMap(({ body }) => body.split('\n').map(parseLine))
}
