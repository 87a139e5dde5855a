/** Commands to devices through a whole gateway: over HTTP and MQTT, to Modbus and MQTT devices, over kills and restarts. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { CommandResult } from '../../gateway/app/mqtt-commands.ts'
import type { CommandEvent, DeviceCommand } from '../../gateway/device-command.ts'
import type { DeviceCommandsView } from '../../gateway/http/command-view.ts'
import type { Simulation } from '../../simulator/runner.ts'
import { FIELD_USER, type GatewayPlan, GatewayProcess } from '../support/gateway-process.ts'
import { startField } from '../support/simulated-field.ts'

const PATIENT = { 'no-data': { after: '30s' }, 'bad-quality': { onDelay: '30s' } }
const TOWER = { line: 'cabinet', unitId: 1 }
const SMOKE = { profile: 'tuya-zss-qy-ssd-a-en', address: 'hall' }
const CATALOGUE_TOWER = new URL('../../device-profiles/models/patlite-la6-poe.yaml', import.meta.url)
const EXPIRES_MS = 2500

let folder: string
let gateway: GatewayProcess
let field: Simulation
const clients: MqttClient[] = []

/** The tower of the catalogue, whose siren ends after seconds instead of ten minutes. */
function writeProfiles(): string {
  const profiles = join(folder, 'profiles')
  mkdirSync(join(profiles, 'models'), { recursive: true })
  const text = readFileSync(CATALOGUE_TOWER, 'utf8')
    .replace('id: patlite-la6-poe', 'id: short-tower')
    .replace('expiresAfter: 10m', `expiresAfter: ${EXPIRES_MS}ms`)
  writeFileSync(join(profiles, 'models', 'short-tower.yaml'), text)
  return profiles
}

function planOf(port: number): GatewayPlan {
  return {
    deviceProfiles: join(folder, 'profiles'),
    lines: [{ id: 'cabinet', type: 'modbus-tcp', host: '127.0.0.1', port, timeout: '3s' }],
    devices: [
      { id: 'tower', place: '门口', profile: 'short-tower', ...TOWER, pollInterval: '200ms', rules: PATIENT },
      { id: 'smoke', place: '大厅', ...SMOKE, broker: 'embedded' },
    ],
    commands: { mqtt: { broker: 'embedded', from: { type: 'users', users: [FIELD_USER.name] } } },
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outpost-commands-'))
  writeProfiles()
  gateway = await GatewayProcess.create({ devices: [] })
  field = await startField(
    {
      lines: [{ id: 'cabinet', type: 'modbus-tcp', host: '127.0.0.1', port: 0 }],
      devices: [
        { id: 'tower', profile: 'patlite-la6-poe', ...TOWER, values: { buzzer: 0, 'light-1': 0 } },
        { id: 'smoke', ...SMOKE, interval: '1s', values: { smoke: 0, fault: 0, silenced: 0, test: 0, battery: 92 } },
      ],
    },
    gateway,
  )
  gateway.configure(planOf(field.ports().get('cabinet') as number))
  await gateway.start()
  await heard('smoke.smoke')
  await heard('tower.buzzer')
})
afterEach(() => field.setFault('tower', null))
afterAll(async () => {
  for (const client of clients) await client.endAsync(true)
  await gateway?.remove()
  await field?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function heard(point: string): Promise<void> {
  const isGood = async () => expect(await gateway.reading(point)).toMatchObject({ quality: 'good' })
  await vi.waitFor(isGood, { timeout: 15_000 })
}

const send = (device: string, name: string, body: object = {}) =>
  gateway.post(`/api/devices/${device}/commands/${name}`, { by: '张伟', ...body }) as Promise<{
    status: number
    body: DeviceCommand & { error: { code: string; message: string; text: object }; command: DeviceCommand }
  }>
const openOf = async (device: string) => (await gateway.get<DeviceCommandsView>(`/api/devices/${device}/commands`)).open
const record = (id: string) => gateway.get<DeviceCommand>(`/api/commands/${id}`)
const buzzer = async () => (await gateway.reading('tower.buzzer'))?.value

/** As far as they are on disk, which may be a moment later than in memory. */
async function stepsOf(id: string): Promise<readonly string[]> {
  const { events } = await gateway.get<{ events: CommandEvent[] }>('/api/commands?limit=1000')
  return events.filter(({ command }) => command.id === id).map(({ type }) => type)
}

test('a Modbus device is told, shows it, and the journal says who, why, and what went over the wire', async () => {
  const { status, body } = await send('tower', 'light', { value: 1, comment: '演练' })
  expect(body).toMatchObject({
    ...{ device: 'tower', name: 'light', value: 1, by: '张伟', comment: '演练', state: 'confirmed', shown: 1 },
    exchanges: [
      { step: 'write', sent: '10 00 00 00 01 02 01 01' },
      { step: 'read-back', sent: '03 00 00 00 01', answer: '0001' },
    ],
  })
  expect(status).toBe(200)
  await expect.poll(() => stepsOf(body.id)).toEqual(['requested', 'sent', 'confirmed'])
  await expect.poll(async () => (await gateway.reading('tower.light-1'))?.value).toBe(1)
})

test('a value that is not allowed, a command that is not there, and who is nobody, reach no device', async () => {
  expect(await send('tower', 'sound', { value: 7 })).toMatchObject({
    status: 422,
    body: { error: { code: 'invalid-value' } },
  })
  expect((await send('tower', 'silense')).body.error.message).toContain('did you mean "silence"')
  expect(await send('nobody', 'silence')).toMatchObject({ status: 404, body: { error: { code: 'unknown-device' } } })
  expect(await gateway.post('/api/devices/tower/commands/silence', {})).toMatchObject({ status: 400 })
})

test('a device that accepts a write and does not keep it has failed, and that is said', async () => {
  field.setFault('tower', { type: 'forgets-writes' })
  const { status, body } = await send('tower', 'sound', { value: 2 })
  expect(status).toBe(502)
  expect(body.error).toMatchObject({ code: 'not-kept', text: { zh: expect.any(String), en: expect.any(String) } })
  expect(body.command).toMatchObject({ state: 'failed', shown: 0, revert: { state: 'waiting' } })
  field.setFault('tower', null)
  // What may have reached the device is taken back all the same.
  await expect.poll(() => record(body.command.id), { timeout: 15_000 }).toMatchObject({ revert: { state: 'reverted' } })
})

test('an MQTT device is told and confirms with its own point; an interlock refuses with its reason', async () => {
  const silenced = await send('smoke', 'silence')
  expect(silenced).toMatchObject({ status: 200, body: { state: 'confirmed', revert: { state: 'waiting', value: 0 } } })
  field.setValue('smoke', 'smoke', 1)
  await expect.poll(async () => (await gateway.reading('smoke.smoke'))?.value, { timeout: 15_000 }).toBe(1)
  const refused = await send('smoke', 'self-test')
  expect(refused).toMatchObject({
    status: 409,
    body: { error: { code: 'interlocked' }, command: { state: 'refused' } },
  })
  expect(refused.body.error.message).toContain('it signals fire now')
  field.setValue('smoke', 'smoke', 0)
  await expect.poll(async () => (await gateway.reading('smoke.smoke'))?.value, { timeout: 15_000 }).toBe(0)
  expect(await send('smoke', 'self-test')).toMatchObject({ status: 200, body: { state: 'confirmed' } })
})

test('a command comes over MQTT, is answered there, and done once however often it comes', async () => {
  const desk = await gateway.connect('desk')
  clients.push(desk)
  const results: CommandResult[] = []
  desk.on('message', (_, payload) => results.push(JSON.parse(String(payload)) as CommandResult))
  const topic = 'outpost/station-1/devices/tower/commands/light'
  await desk.subscribeAsync(`${topic}/result`)
  const wish = JSON.stringify({ by: '李娜', key: 'night-7', value: 2 })
  await desk.publishAsync(topic, wish, { qos: 1 })
  await expect.poll(() => results).toHaveLength(1)
  expect(results[0]).toMatchObject({
    ...{ key: 'night-7', done: true, confirmed: true, code: 'confirmed' },
    command: { by: '李娜 (MQTT user field)', via: 'mqtt', value: 2, state: 'confirmed' },
  })
  await desk.publishAsync(topic, wish, { qos: 1 })
  await desk.publishAsync(topic, 'switch it on', { qos: 1 })
  await desk.publishAsync(topic, JSON.stringify({ by: '李娜', key: 'night-8', value: 9 }), { qos: 1, retain: true })
  await expect.poll(() => results).toHaveLength(4)
  expect(results[1]?.command?.id).toBe(results[0]?.command?.id)
  expect(results.slice(2)).toMatchObject([
    { key: null, confirmed: false, code: 'invalid-message', command: null },
    { key: 'night-8', confirmed: false, code: 'invalid-value', command: null },
  ])
})

test('killed in the middle the outcome is unknown and nothing is sent again; what expired meanwhile is reverted', async () => {
  const { body: sounded } = await send('tower', 'sound', { value: 1 })
  expect(sounded).toMatchObject({ state: 'confirmed', revert: { state: 'waiting', value: 0 } })
  // Carried out, and the answers never come.
  field.setFault('tower', { type: 'lost' })
  field.setFault('smoke', { type: 'silent' })
  const asked = Promise.allSettled([send('tower', 'light', { value: 0 }), send('smoke', 'self-test')])
  await expect.poll(async () => (await openOf('smoke')).map(({ state }) => state)).toContain('sent')
  const [lit] = (await openOf('tower')).filter(({ name }) => name === 'light')
  const [tested] = (await openOf('smoke')).filter(({ name }) => name === 'self-test')
  await gateway.end('SIGKILL')
  await asked
  field.setFault('tower', null)
  field.setFault('smoke', null)
  // What is sent a second time would show.
  field.setValue('tower', 'light-1', 2)
  await expect.poll(() => Date.now(), { timeout: 3 * EXPIRES_MS }).toBeGreaterThan(sounded.revert?.dueAt ?? 0)
  await gateway.start()
  const unknown = { state: 'failed', reason: { code: 'unknown-outcome' } }
  expect(await record(lit?.id ?? '')).toMatchObject(unknown)
  expect(await record(tested?.id ?? '')).toMatchObject(unknown)
  await expect.poll(() => stepsOf(tested?.id ?? '')).toEqual(['requested', 'sent', 'failed'])
  await expect.poll(() => record(sounded.id), { timeout: 15_000 }).toMatchObject({ revert: { state: 'reverted' } })
  // A machine under load may need more than one attempt.
  const steps = async () => (await stepsOf(sounded.id)).filter((type) => type !== 'revert-failed')
  await expect.poll(steps).toEqual(['requested', 'sent', 'confirmed', 'reverting', 'reverted'])
  await heard('tower.buzzer')
  await expect.poll(buzzer).toBe(0)
  expect((await gateway.reading('tower.light-1'))?.value).toBe(2)
  expect(await gateway.metric('outpost_command_reverts_failing')).toBe(0)
})

test('a revert that is not possible is tried again, counted, and done as soon as it can be', async () => {
  const { id } = (await send('tower', 'sound', { value: 1 })).body
  await field.stopLine('cabinet')
  await expect.poll(() => record(id), { timeout: 15_000 }).toMatchObject({ revert: { state: 'failing' } })
  expect(await gateway.metric('outpost_command_reverts_failing')).toBe(1)
  await field.startLine('cabinet')
  await expect.poll(() => record(id), { timeout: 30_000 }).toMatchObject({ revert: { state: 'reverted' } })
  const steps = async () => [...new Set(await stepsOf(id))]
  await expect.poll(steps).toEqual(['requested', 'sent', 'confirmed', 'reverting', 'revert-failed', 'reverted'])
}, 60_000)
