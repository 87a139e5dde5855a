import { once } from 'node:events'
import { connect } from 'node:net'
import modbusSerial from 'modbus-serial'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSimulation, type Simulation, type SimulationOptions } from '../../../simulator/runner.ts'
import { FieldBroker } from './field-broker.ts'
import { HEAD, scenarioOf } from './scenarios.ts'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function startSimulation(text: string, options: SimulationOptions = {}): Promise<Simulation> {
  const simulation = createSimulation(scenarioOf(text), options)
  cleanUps.push(() => simulation.stop())
  await simulation.start()
  return simulation
}

async function startBroker(): Promise<FieldBroker> {
  const broker = new FieldBroker({ password: 'secret' })
  await broker.start()
  cleanUps.push(() => broker.stop())
  return broker
}

function portOf(simulation: Simulation): number {
  return simulation.ports().get('cabinet') ?? expect.fail('the line does not listen')
}

async function master(simulation: Simulation): Promise<modbusSerial.default> {
  const client = new modbusSerial.default()
  await client.connectTCP('127.0.0.1', { port: portOf(simulation) })
  client.setTimeout(2000)
  cleanUps.push(() => new Promise<void>((resolve) => client.close(() => resolve())))
  return client
}

async function register(client: modbusSerial.default, unitId: number, address: number): Promise<number | undefined> {
  client.setID(unitId)
  return (await client.readHoldingRegisters(address, 1)).data[0]
}

const isRefused = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return false
  } catch {
    return true
  } finally {
    socket.destroy()
  }
}

const account = (broker: FieldBroker) => ({ url: broker.url, username: 'field', password: 'secret' })
/** The scenario without its MQTT device. */
const LINE_ONLY = HEAD.replace(/ {2}- \{ id: tag.*\n/, '')

describe('a simulation that stands still', () => {
  it('answers with the values of the scenario from the first request on', async () => {
    const client = await master(await startSimulation(LINE_ONLY, { speed: 0 }))
    expect(await register(client, 1, 1)).toBe(4900)
    expect(await register(client, 2, 0)).toBe(12000)
    expect(await register(client, 2, 2)).toBe(1)
    // Not measured: no value in the scenario.
    expect(await register(client, 2, 3)).toBe(65535)
  })

  it('shows a value that was set instead, and the scenario again', async () => {
    const simulation = await startSimulation(LINE_ONLY, { speed: 0 })
    const client = await master(simulation)
    simulation.setValue('radar', 'level', 1)
    expect(await register(client, 1, 1)).toBe(4000)
    simulation.setValue('radar', 'level', null)
    expect(await register(client, 1, 1)).toBe(4900)
    // The source instead of the derived point, also where the sensor could not measure it.
    simulation.setValue('radar', 'distance', 0)
    expect(await register(client, 1, 1)).toBe(0)
    simulation.setValue('hook', 'pressure', 2600)
    simulation.setValue('hook', 'battery', 50)
    expect([await register(client, 2, 0), await register(client, 2, 3)]).toEqual([26000, 50])
  })

  it('shows a fault that was set, and none again', async () => {
    const simulation = await startSimulation(LINE_ONLY, { speed: 0 })
    const client = await master(simulation)
    simulation.setFault('hook', { type: 'exception', code: 4 })
    await expect(register(client, 2, 0)).rejects.toMatchObject({ modbusCode: 4 })
    expect(await register(client, 1, 1)).toBe(4900)
    simulation.setFault('hook', null)
    expect(await register(client, 2, 0)).toBe(12000)
  })

  it('shows a fault of the whole line that was set, and none again', async () => {
    const simulation = await startSimulation(LINE_ONLY, { speed: 0 })
    const client = await master(simulation)
    simulation.setLineFault('cabinet', { type: 'exception', code: 6, every: 2 })
    expect(await register(client, 2, 0)).toBe(12000)
    await expect(register(client, 1, 1)).rejects.toMatchObject({ modbusCode: 6 })
    simulation.setLineFault('cabinet', null)
    expect([await register(client, 1, 1), await register(client, 1, 1)]).toEqual([4900, 4900])
    expect(() => simulation.setLineFault('cabinet', { type: 'bad-crc' })).toThrow('Modbus TCP has no checksum')
    expect(() => simulation.setLineFault('yard', null)).toThrow('the scenario has no line "yard"; it has cabinet')
  })

  it('says why a value or a fault cannot be', () => {
    const simulation = createSimulation(scenarioOf(HEAD), { speed: 0 })
    expect(() => simulation.setValue('rader', 'level', 1)).toThrow(
      'the scenario has no device "rader"; it has radar, hook, tag',
    )
    expect(() => simulation.setValue('radar', 'levels', 1)).toThrow(
      'profile dfrobot-sen0676 has no point "levels"; did you mean "level"?',
    )
    expect(() => simulation.setValue('hook', 'pressure', 7000)).toThrow(
      'device "hook": pressure: raw number 70000 does not fit in uint16 (0 to 65535)',
    )
    expect(() => simulation.setFault('tag', { type: 'exception', code: 1 })).toThrow(
      'device "tag" speaks MQTT and can only be silent, offline, lost, late, duplicated, garbage, truncated, clock-wrong, not exception',
    )
    expect(() => simulation.setFault('tag', { type: 'silent', every: 2 })).toThrow(
      'device "tag" cannot be silent now and then: that is no fault of single messages',
    )
    expect(() => simulation.setFault('hook', { type: 'bad-crc' })).toThrow(
      'device "hook" is on a line of type modbus-tcp and cannot have the fault bad-crc: Modbus TCP has no checksum',
    )
    expect(() => simulation.stopLine('yard')).toThrow('the scenario has no line "yard"; it has cabinet')
  })
})

describe('the MQTT devices of a simulation', () => {
  it('speak at once when a state changes, and not when only a number does', async () => {
    const broker = await startBroker()
    const simulation = await startSimulation(HEAD, { speed: 0, broker: account(broker) })
    await broker.received(1)
    simulation.setValue('tag', 'pressure', 900)
    simulation.setValue('tag', 'present', 0)
    await broker.received(2)
    simulation.setValue('tag', 'present', 0)
    simulation.setValue('tag', 'present', 1)
    await broker.received(3)
    expect(broker.messages.map(({ json }) => [json.pressure, json.present])).toEqual([
      [1200, true],
      [900, false],
      [900, true],
    ])
    await vi.waitFor(() =>
      expect(simulation.messageCounters().get('tag')).toEqual({ published: 3, acknowledged: 3, missed: 0 }),
    )
  })

  it('say nothing while they are silent', async () => {
    const broker = await startBroker()
    const simulation = await startSimulation(HEAD, { speed: 0, broker: account(broker) })
    await broker.received(1)
    simulation.setFault('tag', { type: 'silent' })
    simulation.setValue('tag', 'present', 0)
    simulation.setValue('tag', 'pressure', 800)
    simulation.setFault('tag', null)
    await broker.received(2)
    expect(broker.messages.map(({ json }) => json.pressure)).toEqual([1200, 800])
  })

  it('are told to people as one when their broker is out of reach, and when it is back', async () => {
    const broker = await startBroker()
    await broker.stop()
    const notices: string[] = []
    const second = '  - { id: other, profile: outpost-ref-extinguisher-tag, address: hall, values: { pressure: 1 } }\n'
    await startSimulation(HEAD + second, {
      speed: 0,
      broker: account(broker),
      onNotice: (text) => notices.push(text),
    })
    await vi.waitFor(() => expect(notices).toHaveLength(1))
    expect(notices[0]).toMatch(
      /^MQTT broker mqtt:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED.*; the devices go on trying$/,
    )
    await broker.start()
    await broker.received(2)
    await vi.waitFor(() => expect(notices).toHaveLength(2))
    expect(notices[1]).toMatch(/: connected$/)
    expect(notices.join()).not.toContain('secret')
  })
})

describe('a story that waits', () => {
  it('begins when the broker is there, and complains of nothing before', async () => {
    const broker = await startBroker()
    await broker.stop()
    const notices: string[] = []
    const simulation = await startSimulation(HEAD, {
      waitMs: 60_000,
      broker: account(broker),
      onNotice: (text) => notices.push(text),
    })
    expect(simulation.elapsedSeconds()).toBe(0)
    await broker.start()
    await broker.received(1)
    await vi.waitFor(() => expect(simulation.elapsedSeconds()).toBeGreaterThan(0))
    expect(notices).toEqual([])
  })

  it('begins without the broker when it has waited long enough, and says so', async () => {
    const broker = await startBroker()
    await broker.stop()
    const notices: string[] = []
    const simulation = await startSimulation(HEAD, {
      waitMs: 300,
      broker: account(broker),
      onNotice: (text) => notices.push(text),
    })
    await vi.waitFor(() => expect(simulation.elapsedSeconds()).toBeGreaterThan(0))
    expect(notices).toEqual([expect.stringMatching(/the devices go on trying$/)])
  })
})

describe('a simulation that runs', () => {
  it('tells the story and does what it says', async () => {
    const broker = await startBroker()
    const story: string[] = []
    const text = `${HEAD}timeline:
  - { at: 0s, say: { zh: 平静, en: calm } }
  - { at: 20s, device: radar, point: level, to: 1, over: 10s, say: { zh: 上升, en: rising } }
  - { at: 30s, device: tag, point: present, to: 0 }
  - { at: 30s, device: hook, fault: exception, say: { zh: 故障, en: broken } }
  - { at: 10s, line: cabinet, fault: exception, code: 11, for: 20s }
`
    const simulation = await startSimulation(text, {
      speed: 100,
      broker: account(broker),
      onStory: ({ atSeconds, say }) => story.push(`${atSeconds} ${say.en}`),
    })
    const client = await master(simulation)
    await vi.waitFor(() => expect(story).toEqual(['0 calm', '20 rising', '30 broken']), { timeout: 10_000 })
    expect(simulation.elapsedSeconds()).toBeGreaterThanOrEqual(30)
    expect(await register(client, 1, 1)).toBe(4000)
    await expect(register(client, 2, 0)).rejects.toMatchObject({ modbusCode: 4 })
    await vi.waitFor(() => expect(broker.messages.at(-1)?.json.present).toBe(false))
    expect(simulation.lineStats().get('cabinet')?.requests).toBe(2)
  })

  it('begins anew when it was stopped and started', async () => {
    const simulation = await startSimulation(LINE_ONLY, { speed: 1000 })
    await vi.waitFor(() => expect(simulation.elapsedSeconds()).toBeGreaterThan(100))
    const port = portOf(simulation)
    await simulation.stop()
    await simulation.stop()
    expect(simulation.elapsedSeconds()).toBe(0)
    expect(await isRefused(port)).toBe(true)
    await simulation.start()
    expect(portOf(simulation)).toBe(port)
    expect(await register(await master(simulation), 1, 1)).toBe(4900)
  })

  it('leaves nothing open when one of its lines cannot listen', async () => {
    const other = await startSimulation(LINE_ONLY, { speed: 0 })
    const text = LINE_ONLY.replace(
      'devices:',
      `  - { id: yard, type: modbus-tcp, host: 127.0.0.1, port: ${portOf(other)} }\ndevices:`,
    )
    const simulation = createSimulation(scenarioOf(text), { speed: 0 })
    await expect(simulation.start()).rejects.toThrow(
      `line "yard": cannot listen on 127.0.0.1:${portOf(other)}: listen EADDRINUSE`,
    )
    expect(await isRefused(portOf(simulation))).toBe(true)
  })

  it('can lose a line and have it back on the same port', async () => {
    const simulation = await startSimulation(LINE_ONLY, { speed: 0 })
    const port = portOf(simulation)
    await simulation.stopLine('cabinet')
    expect(await isRefused(port)).toBe(true)
    simulation.setValue('hook', 'pressure', 1000)
    await simulation.startLine('cabinet')
    expect(await register(await master(simulation), 2, 0)).toBe(10000)
  })
})
