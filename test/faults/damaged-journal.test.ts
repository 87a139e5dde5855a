/** What people at the station learn of a journal file that the disk has damaged. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { GatewayProcess } from '../support/gateway-process.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

test('a damaged alarm journal raises an urgent fault that outlives the next start', async () => {
  const gateway = await GatewayProcess.create({ devices: [] })
  ends.push(() => gateway.remove())
  await gateway.start()
  await gateway.end()
  writeFileSync(join(gateway.folder, 'data', 'alarms.sqlite'), 'x'.repeat(8192))
  await gateway.start()
  const { alarm } = await gateway.event(({ alarm }) => alarm.rule === 'journal-set-aside')
  expect(alarm).toMatchObject({ id: 'station-1.journal-set-aside', class: 'fault', priority: 'urgent' })
  expect(gateway.output.match(/set aside/g)).toHaveLength(1)
  const health = await gateway.get<{ status: string; checks: { name: string; ok: boolean }[] }>('/api/health')
  expect(health.status).toBe('degraded')
  expect(health.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['journal files'])
  await gateway.end()
  await gateway.start()
  const latched = await gateway.event(({ type, alarm: { rule } }) => type === 'returned' && rule === alarm.rule)
  expect(latched.alarm.state).toBe('latched-unacknowledged')
  expect(await gateway.get('/api/health')).toMatchObject({ status: 'ok' })
})
