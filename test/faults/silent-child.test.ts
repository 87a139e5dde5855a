/** A whole gateway above one that a test plays: what it tells is shown, and its silence is a fault until it speaks again. */
import { afterEach, expect, test } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import type { AlarmView } from '../../gateway/http/child-view.ts'
import type { Health } from '../../gateway/http/gateway-view.ts'
import type { EventBatch, Report } from '../../gateway/upstream-model.ts'
import { alarmEvent } from '../support/alarm-events.ts'
import { type AppInProcess, startApp } from '../support/app-in-process.ts'
import { FakeClock } from '../support/fake-clock.ts'

const TOKEN = 'token-of-the-station'
/** The gateway looks at its own health so often. */
const STEP_MS = 5000
const SILENT = 'child-station.child-silent'

let app: AppInProcess
afterEach(() => app.remove())

async function start(clock: FakeClock): Promise<void> {
  app = await startApp(
    {
      ...{ id: 'centre', devices: [], broker: false, environment: { STATION_TOKEN: TOKEN } },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
      children: [{ id: 'station', token: '${STATION_TOKEN}' }],
    },
    { clock },
  )
}

async function tell(path: 'events' | 'report', body: EventBatch | Report): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${app.gateway.httpPort}/api/children/station/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(body),
  })
  await answer.text()
  return answer.status
}

const report: Report = {
  ...{ version: 1, type: 'heartbeat', gateway: 'station', station: 'shi-jing', time: 0, startedAt: 0 },
  ...{ intervalMs: 10_000, health: 'ok', lastSeq: 1, epoch: 7, orders: [], refused: [], waitMs: 0 },
}
const batch: EventBatch = {
  ...{ version: 1, gateway: 'station', epoch: 7, after: 0, first: true },
  events: [alarmEvent(1, { gateway: 'station', id: 'station-1-a' })],
}
const ofSilence = async (): Promise<readonly AlarmEvent['type'][]> =>
  (await app.gateway.alarmEvents()).flatMap(({ type, alarm }) => (alarm.id === SILENT ? [type] : []))

test('alarms below are shown with their station and their way; silence is a fault, and over when it speaks', async () => {
  const clock = new FakeClock()
  await start(clock)
  expect(await tell('events', batch)).toBe(200)
  expect(await tell('events', batch)).toBe(200)
  expect(await tell('report', report)).toBe(200)
  const shown = await app.gateway.get<{ alarms: AlarmView[] }>('/api/alarms?gateway=station&station=shi-jing')
  expect(shown.alarms).toMatchObject([
    {
      id: 'station:culvert-level.level',
      path: [{ gateway: 'station', epoch: 7, seq: 1, receivedAt: expect.any(Number) }],
    },
  ])
  expect((await app.gateway.get<{ alarms: AlarmView[] }>('/api/alarms?gateway=centre')).alarms).not.toContainEqual(
    expect.objectContaining({ id: 'station:culvert-level.level' }),
  )

  for (let i = 0; i < 8; i++) await clock.advance(STEP_MS)
  await expect.poll(ofSilence).toEqual(['raised'])
  expect((await app.gateway.get<Health>('/api/health')).checks).toContainEqual({
    ...{ name: 'gateway station', ok: false, detail: 'is silent' },
  })
  expect(await tell('report', report)).toBe(200)
  await clock.advance(STEP_MS)
  await clock.advance(STEP_MS)
  await expect.poll(ofSilence).toEqual(['raised', 'returned'])
})

test('a gateway that was never heard is missed too, and tells of itself what it likes: only its events are taken', async () => {
  const clock = new FakeClock()
  await start(clock)
  for (let i = 0; i < 20; i++) await clock.advance(STEP_MS)
  await expect.poll(ofSilence).toEqual(['raised'])
  const foreign = { ...alarmEvent(2, { gateway: 'station', id: 'x' }), alarm: { id: 'a.x' } } as unknown as AlarmEvent
  const answer = await fetch(`http://127.0.0.1:${app.gateway.httpPort}/api/children/station/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ ...batch, events: [...batch.events, foreign] }),
  })
  expect(await answer.json()).toMatchObject({
    known: { epoch: 7, seq: 2 },
    passedOver: [{ seq: 2, problem: expect.stringContaining('expected an alarm event that this version knows') }],
  })
})
