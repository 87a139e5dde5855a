/** kill -9 while people are told: everybody who must hear does, each thing under one id, and no number is left out. */
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Notification } from '../../gateway/dispatch-model.ts'
import type { NotificationView } from '../../gateway/http/dispatch-view.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { startReceiver, status } from '../support/http-receiver.ts'

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
const secret = '${HOOK_SECRET}'
const KILLS = 3
const REPORTS = 30

test('a gateway that is killed while it tells people', { timeout: 120_000 }, async () => {
  // Some answers are lost: what was told then is told again, under the same id.
  let asked = 0
  const hook = await startReceiver((_, response) => {
    asked++
    if (asked % 7 === 0) response.destroy()
    else status(204)(_, response)
  })
  onTestFinished(() => hook.close())
  const gateway = await GatewayProcess.create({
    ...{ devices: [], broker: false, environment: { HOOK_SECRET: 'a-secret-of-the-receiver' } },
    dispatch: {
      channels: [{ id: 'hook', type: 'webhook', url: hook.url, secret }],
      routes: [{ id: 'all', channels: ['hook'] }],
    },
  })
  onTestFinished(() => gateway.remove())
  await gateway.start()
  const url = `http://127.0.0.1:${gateway.httpPort}`
  const report = (i: number) =>
    fetch(`${url}/api/reports`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ by: '张伟', type: 'lift', place: `${i} 号楼`, priority: 'urgent', known: '被困' }),
    }).then((response) => response.ok)
  for (let kill = 0; kill < KILLS; kill++) {
    const mine = Array.from({ length: REPORTS / KILLS }, (_, i) => kill * REPORTS + i)
    const half = mine.map((i) => report(i).catch(() => false))
    await half[Math.floor(mine.length / 2)]
    await gateway.end('SIGKILL')
    await Promise.all(half)
    await gateway.start()
    // Said again by whoever got no answer; the same report is the same alarm.
    for (const i of mine) expect(await report(i)).toBe(true)
  }

  const alarms = await gateway.alarms()
  expect(alarms).toHaveLength(REPORTS)
  const firsts = () => told().filter(({ purpose }) => purpose === 'first')
  const told = () => hook.requests.map(({ body }) => JSON.parse(body) as Notification)
  await vi.waitFor(() => expect(new Set(firsts().map(({ id }) => id)).size).toBe(REPORTS), { timeout: 30_000 })
  const idsOf = Map.groupBy(firsts(), ({ events }) => events[0]?.alarm.id ?? '')
  for (const { id } of alarms) expect(new Set(idsOf.get(id)?.map((notification) => notification.id)).size).toBe(1)
  // The same id always says the same.
  for (const same of Map.groupBy(told(), ({ id }) => id).values()) {
    expect(new Set(same.map((notification) => JSON.stringify(notification))).size).toBe(1)
  }
  const stored = await gateway.get<{ notifications: readonly NotificationView[] }>('/api/notifications?limit=200')
  const numbers = stored.notifications.map(({ notification }) => notification.seq)
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  expect(new Set(stored.notifications.map(({ notification }) => notification.id)).size).toBe(numbers.length)
})
