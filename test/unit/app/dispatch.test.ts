/** Dispatch in a whole gateway: from a report over HTTP to the people, and from their answer back to the alarm. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../../gateway/clock.ts'
import type { DispatchEvent } from '../../../gateway/dispatch-event.ts'
import type { Notification } from '../../../gateway/dispatch-model.ts'
import { verifyWebhook } from '../../../gateway/sinks/webhook-signature.ts'
import { startApp } from '../../support/app-in-process.ts'
import { startReceiver } from '../../support/http-receiver.ts'

const SECRET = 'a-secret-of-the-receiver'
const PATIENT = { timeout: 20_000 }
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
const secret = '${HOOK_SECRET}'
const REPORT = { by: '张伟', type: 'lift', place: '3 号楼', priority: 'urgent', known: '两人被困' }

const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

async function station() {
  const [hook, silent] = [await startReceiver(), await startReceiver(() => {})]
  onTestFinished(async () => {
    await Promise.all([hook.close(), silent.close()])
  })
  const dispatch = {
    channels: [
      { id: 'silent', type: 'webhook', url: silent.url, secret },
      { id: 'hook', type: 'webhook', url: hook.url, secret },
    ],
    chains: { standard: { steps: [{ type: 'notify' }, { type: 'wait', for: '1h' }] } },
    routes: [{ id: 'all', channels: ['silent', 'hook'], chain: 'standard' }],
  }
  const plan = { devices: [], broker: false as const, environment: { HOOK_SECRET: SECRET }, dispatch }
  const app = await startApp(plan, { clock: systemClock })
  onTestFinished(() => app.remove())
  const url = `http://127.0.0.1:${app.gateway.httpPort}`
  const told = () => hook.requests.map(({ body }) => JSON.parse(body) as Notification)
  const get = async (path: string) => (await (await fetch(`${url}${path}`)).json()) as never
  return { url, hook, silent, told, get }
}

test('a report is told, signed and once, over a channel beside one that hangs; the answer acknowledges it by name', async () => {
  const { url, hook, told, get } = await station()
  const alarm = (await (await post(`${url}/api/reports`, REPORT)).json()) as { readonly id: string }
  const request = await hook.received(1)
  expect(verifyWebhook(request, { secret: SECRET, now: Date.now() })).toEqual({ ok: true })
  const [first] = told() as [Notification]
  expect(first).toMatchObject({ purpose: 'first', channel: 'hook', station: { id: 'longtian' }, step: 0, drill: null })
  expect(request.headers['idempotency-key']).toBe(first.id)
  expect(first.events.map((event) => [event.type, event.alarm.id])).toEqual([['raised', alarm.id]])

  const receipts = `${url}/api/notifications/${first.id}/receipts`
  expect((await post(receipts, { state: 'seen', by: '李娜' })).status).toBe(200)
  expect((await post(receipts, { state: 'acknowledged', by: '李娜' })).status).toBe(200)
  expect(await get('/api/alarms')).toMatchObject({ alarms: [{ id: alarm.id, acknowledgedBy: '李娜' }] })
  await hook.received(2)
  expect(told()[1]).toMatchObject({ purpose: 'update', earlier: [{ id: first.id }] })
  // Somebody else says so too: recorded, and nothing happens.
  expect((await post(receipts, { state: 'acknowledged', by: '王强' })).status).toBe(200)
  expect(await get('/api/alarms')).toMatchObject({ alarms: [{ acknowledgedBy: '李娜' }] })

  await vi.waitFor(async () => {
    const one: { receipts: readonly { state: string; by: string | null }[] } = await get(
      `/api/notifications/${first.id}`,
    )
    expect(one.receipts.map(({ state, by }) => [state, by])).toEqual([
      ['sent', null],
      ['seen', '李娜'],
      ['acknowledged', '李娜'],
      ['acknowledged', '王强'],
    ])
  }, PATIENT)
  const { events }: { events: readonly DispatchEvent[] } = await get(`/api/alarms/${alarm.id}/deliveries`)
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['opened', 'notified', 'receipt', 'stopped']))
  expect(events.find((event) => event.type === 'stopped')).toMatchObject({ phase: 'in-hand', by: '李娜' })
  expect(await get('/api/notifications?channel=hook')).toMatchObject({ notifications: [{}, {}] })
  expect(await get('/api/channels')).toMatchObject({
    channels: [
      { id: 'silent', delivered: 0 },
      { id: 'hook', state: 'idle', delivered: 2, waiting: 0 },
    ],
  })
})

test('an answer about what nobody was told is refused, and live news of dispatch are in the event stream', async () => {
  const { url } = await station()
  const answer = await post(`${url}/api/notifications/nothing/receipts`, { state: 'seen', by: '李娜' })
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({ error: { code: 'unknown-notification' } })
  const stream = await fetch(`${url}/api/events`)
  const [reader, decoder] = [(stream.body as ReadableStream<Uint8Array>).getReader(), new TextDecoder()]
  onTestFinished(() => reader.cancel())
  await post(`${url}/api/reports`, REPORT)
  let heard = ''
  while (!/event: dispatch\n.*"type":"notified"/.test(heard)) heard += decoder.decode((await reader.read()).value)
  expect(heard).toMatch(/"type":"opened"/)
})
