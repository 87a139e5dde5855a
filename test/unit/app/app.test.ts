import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type App, createApp } from '../../../gateway/app.ts'
import { systemClock } from '../../../gateway/clock.ts'
import { type LoadResult, loadConfig } from '../../../gateway/config/load.ts'
import { memoryLog } from '../../support/http.ts'
import { freePort } from '../../support/server-process.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function createGateway(reload?: () => LoadResult): Promise<App> {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-app-'))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'outpost.yaml')
  const open = { authentication: { type: 'anonymous-on-loopback' } }
  writeFileSync(
    file,
    stringify({
      gateway: { id: 'station-1', dataDirectory: './data' },
      station: { id: 'longtian', name: { zh: '龙田站', en: 'Longtian' }, type: 'community', address: '龙田路 1 号' },
      http: { port: await freePort(), ...open },
      broker: { port: await freePort(), ...open },
      devices: [],
    }),
  )
  const load = () => loadConfig(file, { environment: {} })
  const first = load()
  if (!first.ok) throw new Error(JSON.stringify(first.problems))
  const log = { ...memoryLog(), level: 'info' }
  const app = createApp(first.config, { clock: systemClock, log, reload: reload ?? load })
  cleanUps.push(() => app.stop())
  return app
}

test('a reload that comes during the start waits for its end', async () => {
  const app = await createGateway()
  const started = app.start()
  expect(await app.reload()).toEqual({ ok: true, problems: [], changes: [] })
  await started
})

test('a stop that comes during the start leaves nothing open', async () => {
  const app = await createGateway()
  const started = app.start()
  await app.stop()
  await started
  expect(app.addresses()).toEqual({ http: null, mqtt: [] })
})

test('a reload after the stop is refused', async () => {
  const app = await createGateway()
  await app.start()
  await app.stop()
  expect(await app.reload()).toMatchObject({ ok: false, problems: ['the gateway is stopping'] })
})

test('a reload that cannot even read says why and does not reject', async () => {
  const app = await createGateway(() => {
    throw new Error('the disk is gone')
  })
  await app.start()
  expect(await app.reload()).toEqual({ ok: false, problems: ['the disk is gone'], changes: [] })
})
