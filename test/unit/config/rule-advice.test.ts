/** What `outpost check` names although it works. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { loadConfig } from '../../../gateway/config/load.ts'

const RADAR = {
  ...{ id: 'radar-1', place: 'x', profile: 'dfrobot-sen0676', line: 'line-1', unitId: 1 },
  parameters: { 'installation-height': 5 },
}

function adviceOn(devices: readonly object[], groups: readonly object[] = []): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-advice-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'outpost.yaml')
  const text = stringify({
    gateway: { id: 'station-1', dataDirectory: './data' },
    station: { id: 'longtian', name: { zh: '站', en: 'Station' }, type: 'community', address: 'x' },
    http: { authentication: { type: 'anonymous-on-loopback' } },
    lines: [{ id: 'line-1', type: 'modbus-tcp', host: '192.0.2.10', port: 502 }],
    ...{ devices, groups },
  })
  writeFileSync(file, text)
  const result = loadConfig(file, { environment: {} })
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'))
  return result.advice.map(({ path, message }) => `${path}: ${message}`)
}

it('a delay that ends before the next poll', () => {
  const advised = adviceOn([{ ...RADAR, pollInterval: '30s', rules: { 'water-level': { onDelay: '12s' } } }])
  expect(advised).toContain(
    'devices[0].rules.water-level: the on-delay of "water-level" (12 s) is shorter than the 30 s between two readings, so a single reading raises it; give a longer onDelay, or poll more often',
  )
})

it('nothing of a delay that lasts until the next poll, and nothing where the file says nothing of it', () => {
  expect(adviceOn([{ ...RADAR, pollInterval: '5s', rules: { 'water-level': { onDelay: '5s' } } }])).toEqual([])
  expect(adviceOn([RADAR])).toEqual([])
})

it('a vote without guidance', () => {
  const vote = {
    id: 'high',
    type: 'vote',
    name: { zh: '高', en: 'High' },
    of: 'water-level',
    need: 1,
    priority: 'high',
  }
  const group = { id: 'tunnel', name: { zh: '隧道', en: 'Tunnel' }, place: 'x', members: ['radar-1'] }
  expect(adviceOn([RADAR], [{ ...group, rules: [vote] }])).toEqual([
    'groups[0].rules[0]: the vote "high" has no guidance; say what it means and what to do first',
  ])
  const guidance = { zh: '去看', en: 'Go and look' }
  expect(adviceOn([RADAR], [{ ...group, rules: [{ ...vote, guidance }] }])).toEqual([])
})
