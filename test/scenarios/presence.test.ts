/**
 * Whether a device is there: silence is found by the clock alone, over a restart too; its last will makes it fail at once; and
 * neither a restart, nor what the broker has kept, nor a word of being online makes it well.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, expect, test, vi } from 'vitest'
import { type AppInProcess, startApp } from '../support/app-in-process.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FIELD_USER } from '../support/gateway-process.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 10, 23, 8)
const deviceProfiles = new URL('../cases/messages/tasmota/profiles', import.meta.url).pathname
// Three intervals of five minutes without a word are silence.
const CRACK = { id: 'crack', place: '挡墙', profile: 'tasmota-vl53l0x', broker: 'embedded', address: 'crack-1' }

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

class Station {
  readonly #clock: FakeClock
  readonly #app: AppInProcess

  private constructor(clock: FakeClock, app: AppInProcess) {
    this.#clock = clock
    this.#app = app
  }

  static async start(dataDirectory: string, wall: number): Promise<Station> {
    const clock = new FakeClock(wall)
    const app = await startApp({ deviceProfiles, devices: [CRACK], dataDirectory }, { clock })
    ends.push(() => app.remove())
    return new Station(clock, app)
  }

  async connect(): Promise<MqttClient> {
    const { name: username, password } = FIELD_USER
    const will = { topic: 'tele/crack-1/LWT', payload: Buffer.from('Offline'), qos: 1 as const, retain: true }
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${this.#app.gateway.mqttPort}`, {
      ...{ username, password, clientId: 'crack-1', will, reconnectPeriod: 0 },
    })
    ends.push(() => client.endAsync(true))
    return client
  }

  pass(minutes: number): Promise<void> {
    return this.#clock.advance(minutes * MINUTE)
  }

  async device(): Promise<{ readonly state: string; readonly detail: string | null }> {
    type Devices = { devices: { id: string; state: string; detail: string | null }[] }
    const { devices } = await this.#app.gateway.get<Devices>('/api/devices')
    return devices.find(({ id }) => id === 'crack') ?? { state: 'not there', detail: null }
  }

  async silence(): Promise<boolean> {
    const alarms = await this.#app.gateway.alarms()
    return alarms.some(({ id, facts }) => id === 'crack.no-data' && facts.active)
  }

  stop(): Promise<void> {
    return this.#app.remove()
  }
}

const measured = (client: MqttClient) =>
  client.publishAsync('tele/crack-1/SENSOR', JSON.stringify({ VL53L0X: { Distance: 170 } }), { qos: 1, retain: true })

test('a device is there only while it speaks', async () => {
  const data = mkdtempSync(join(tmpdir(), 'outpost-presence-'))
  ends.push(() => rmSync(data, { recursive: true }))
  const before = await Station.start(data, START)
  expect(await before.device()).toMatchObject({ state: 'never-heard' })
  await measured(await before.connect())
  expect(await before.device()).toMatchObject({ state: 'ok' })
  await before.pass(14)
  expect([(await before.device()).state, await before.silence()]).toEqual(['ok', false])
  await before.stop()

  // An hour later. The broker has kept what the device said last; that is no sign of life.
  const after = await Station.start(data, START + 74 * MINUTE)
  expect([(await after.device()).state, await after.silence()]).toEqual(['never-heard', false])
  // Fourteen minutes of silence before the restart and two after it; nothing arrives meanwhile.
  await after.pass(2)
  expect(await after.silence()).toBe(true)

  const device = await after.connect()
  await device.publishAsync('tele/crack-1/LWT', 'Online', { qos: 1, retain: true })
  expect([(await after.device()).state, await after.silence()]).toEqual(['never-heard', true])
  await measured(device)
  await after.pass(1)
  expect([(await after.device()).state, await after.silence()]).toEqual(['ok', false])

  device.stream.destroy()
  await vi.waitFor(async () => {
    expect(await after.device()).toEqual(
      expect.objectContaining({ state: 'failed', detail: '"Offline" on tele/crack-1/LWT' }),
    )
  }, 10_000)
})
