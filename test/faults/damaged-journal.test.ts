/** What people at the station learn of a journal file that the disk has damaged, and of a disk that is gone. */
import { renameSync, writeFileSync } from 'node:fs'
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

test('a data directory that is moved away ends nothing, raises an urgent fault, and is over when it is back', async () => {
  const gateway = await GatewayProcess.create({ devices: [] })
  ends.push(() => gateway.remove())
  await gateway.start()
  const [data, elsewhere] = ['data', 'elsewhere'].map((name) => join(gateway.folder, name)) as [string, string]
  renameSync(data, elsewhere)
  const journalFailed = (type: string) => gateway.event((e) => e.type === type && e.alarm.rule === 'journal-failed')
  expect((await journalFailed('raised')).alarm).toMatchObject({ class: 'fault', priority: 'urgent' })
  renameSync(elsewhere, data)
  await journalFailed('returned')
})
