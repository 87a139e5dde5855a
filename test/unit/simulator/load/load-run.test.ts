/** Whole: a gateway of its own under a small load. How much it takes is no matter here, but everything must be taken. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../../gateway/config/load.ts'
import { loadConfiguration } from '../../../../simulator/load/load-configuration.ts'
import type { LoadPlan } from '../../../../simulator/load/load-plan.ts'
import { runLoad } from '../../../../simulator/load/load-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'outpost-load-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a load', { timeout: 120_000 }, () => {
  it.each(['mqtt', 'modbus'] as const)(
    'of %s devices is carried by a gateway, and by a peer that does nothing',
    async (protocol) => {
      const plan: LoadPlan = { protocol, devices: 25, rate: 50, seconds: 1 }
      const said: string[] = []
      const onProgress = (text: string) => said.push(text)
      const result = await runLoad(plan, { broker: null, onProgress, signal: new AbortController().signal })
      const { figures, alone, own, gateway } = result
      expect(said).toContain('measuring for 1 s')
      expect(figures.done).toBeGreaterThan(0)
      if (protocol === 'mqtt') expect(figures).toMatchObject({ offered: 50, done: 50, lost: 0, heldBack: 0, cutOff: 0 })
      expect(alone.perSecond).toBeGreaterThan(50)
      expect(own.megabytes).toBeGreaterThan(0)
      expect(gateway === null || gateway.megabytes > 0).toBe(true)
    },
  )

  it.each<LoadPlan>([
    { protocol: 'mqtt', devices: 300, rate: null, seconds: 1 },
    { protocol: 'mqtt', devices: 300, rate: 0.5, seconds: 1 },
    { protocol: 'modbus', devices: 301, rate: null, seconds: 1 },
    { protocol: 'modbus', devices: 301, rate: 0.5, seconds: 1 },
  ])('of %j is a configuration that a gateway takes', (plan) => {
    const file = join(folder, 'outpost.yaml')
    const linePorts = plan.protocol === 'mqtt' ? [] : Array.from({ length: 4 }, (_, i) => 5000 + i)
    const places = { dataDirectory: folder, httpPort: 8080, mqttPort: 1883, linePorts }
    writeFileSync(file, loadConfiguration(plan, places))
    const loaded = loadConfig(file, { environment: { OUTPOST_MQTT_PASSWORD: 'x'.repeat(32) } })
    expect('problems' in loaded ? loaded.problems.slice(0, 3) : []).toEqual([])
  })
})
