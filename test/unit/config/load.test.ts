/** One folder per mistake under test/cases/config; `problems.txt` is what an engineer reads. Update with `vitest -u`. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SELF_INTERVAL_MS } from '../../../device-profiles/resolve.ts'
import { loadConfig } from '../../../gateway/config/load.ts'
import { formatProblems } from '../../../gateway/config/problems.ts'

const cases = new URL('../../cases/config/', import.meta.url)
const environment = {
  FIELD_PASSWORD: 'a-password-nobody-may-see',
  SECRET_PORT: 'a-secret-nobody-may-see',
  FIRST_TOKEN: 'a-first-token-nobody-may-see',
  SECOND_TOKEN: 'a-second-token-nobody-may-see',
}

describe('a configuration with a mistake', () => {
  for (const name of readdirSync(cases).sort()) {
    it(name.replaceAll('-', ' '), async () => {
      const folder = new URL(`${name}/`, cases)
      const file = new URL('outpost.yaml', folder).pathname
      const result = loadConfig(file, { environment })
      const text = result.ok
        ? 'no problem\n'
        : formatProblems('outpost.yaml', result.problems).replaceAll(folder.pathname, '')
      expect(result.ok).toBe(name === 'valid')
      expect(text).not.toMatch(/nobody-may-see|hunter2|topsecret/)
      await expect(text).toMatchFileSnapshot(new URL('problems.txt', folder).pathname)
    })
  }
})

describe('what a valid configuration becomes', () => {
  const file = new URL('valid/outpost.yaml', cases).pathname

  it('has the gateway itself among its devices', () => {
    const result = loadConfig(file, { environment })
    expect(result.ok && result.config.devices.map((device) => device.id)).toEqual([
      ...['radar-1', 'tag-1', 'station-1', 'line-line-1'],
    ])
    // It is missed after so many intervals, so it must be expected as often as it measures.
    expect(result.ok && result.config.devices.at(-1)?.intervalMs).toBe(SELF_INTERVAL_MS)
  })

  it('puts each device on its line or its topic', () => {
    const result = loadConfig(file, { environment })
    if (!result.ok) throw new Error('expected a valid configuration')
    const { lines, mqttDevices } = result.config
    expect(lines.map((line) => line.units.map(({ device, unitId }) => [device.id, unitId]))).toEqual([[['radar-1', 1]]])
    expect(mqttDevices.map(({ device, topicFilters }) => [device.id, topicFilters])).toEqual([
      ['tag-1', ['outpost/extinguisher/tag-1']],
    ])
  })

  it('stores of a point what its device says', () => {
    const result = loadConfig(file, { environment })
    const points = result.ok ? (result.config.devices[0]?.points ?? []) : []
    expect(points.map(({ id, store }) => [id, store])).toEqual([
      ['radar-1.level', undefined],
      ['radar-1.distance', { deadband: 0.005, maxIntervalMs: 600_000 }],
      ['radar-1.rise', { deadband: 0.02, maxIntervalMs: 3_600_000 }],
      ['radar-1.time-to-level', { deadband: 1, maxIntervalMs: 3_600_000 }],
    ])
  })

  it('takes relative paths from the folder of the file', () => {
    const result = loadConfig(file, { environment })
    expect(result.ok && result.config.gateway.dataDirectory).toBe(new URL('valid/data', cases).pathname)
  })

  it('keeps a password of digits a text', () => {
    const result = loadConfig(file, { environment: { ...environment, FIELD_PASSWORD: '123456' } })
    const authentication = result.ok ? result.config.broker?.authentication : undefined
    expect(authentication).toEqual({
      type: 'users',
      users: [{ name: 'field', password: '123456', rights: { type: 'everything' } }],
    })
  })

  it('takes an IPv6 address with brackets, as in a URL, and listens without them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'outpost-config-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const text = readFileSync(file, 'utf8')
      .replace('http: {', 'http: { host: "[::1]",')
      .replace('192.0.2.10', '"[::1]"')
    writeFileSync(join(folder, 'outpost.yaml'), text)
    const result = loadConfig(join(folder, 'outpost.yaml'), { environment })
    expect(result.ok && [result.config.http.host, result.config.lines[0]]).toMatchObject(['::1', { host: '::1' }])
  })

  it('says that a file is missing', () => {
    const result = loadConfig('/no/such/file.yaml', { environment })
    expect(result.ok ? [] : result.problems.map(({ message }) => message)).toEqual([
      "cannot be read: ENOENT: no such file or directory, stat '/no/such/file.yaml'",
    ])
  })
})
