/** What an engineer asks about models in a terminal, and what the answers are. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { showProfile } from '../../../gateway/commands/profiles/show-profile.ts'
import { profilesCommand } from '../../../gateway/commands/profiles-command.ts'
import { UsageError } from '../../../gateway/commands/usage-error.ts'
import { hearOutput } from '../../support/heard-output.ts'
import { KIND, MODEL } from '../device-profiles/broken-catalogue.ts'

const heard = hearOutput()

/** A folder of a site with one kind and one model of its own. */
function site(model = MODEL): { readonly folder: string; readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'site-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const name of ['models', 'kinds']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'kinds/tank.yaml'), KIND)
  const file = join(folder, 'models/gauge.yaml')
  writeFileSync(file, model)
  return { folder, file }
}

const vector = (words: string, level: number | string) =>
  `${MODEL}vectors: [{ registers: { holding-register: { 1: [${words}] } }, expect: { level: ${level} } }]\n`

test('lists models, filtered, in both languages and as JSON', async () => {
  expect(await profilesCommand(['list', '--kind', 'smoke', '--protocol', 'modbus', '--lang', 'zh'])).toBe(0)
  expect(heard.stdout).toContain('仁科 RS-YG-N01 感烟探测器（Modbus）')
  expect(heard.stdout).not.toMatch(/tuya|qdy30a/)
  heard.stdout = ''
  expect(await profilesCommand(['list', '--status', 'unverified', '--json'])).toBe(0)
  const listed = JSON.parse(heard.stdout) as { id: string; status: string; points: { id: string }[] }[]
  expect(listed.map(({ id }) => id)).toContain('renke-rs-yg-n01')
  expect(new Set(listed.map(({ status }) => status))).toEqual(new Set(['unverified']))
})

test('finds models by words in both languages, by quantity and by maker, the best first', async () => {
  const first = async (...words: string[]) => {
    heard.stdout = ''
    expect(await profilesCommand(['search', ...words])).toBe(0)
    return heard.stdout.split('\n')[1]?.split(' ')[0]
  }
  expect(await first('雷达', '水位')).toBe('dfrobot-sen0676')
  expect(await first('RENKE')).toBe('renke-rs-yg-n01')
  expect(await first('em310', 'tilt')).toBe('milesight-em310-tilt')
  expect(await first('积水深度', 'modbus')).toBeDefined()
  expect(await profilesCommand(['search', 'no-such-thing-on-earth'])).toBe(1)
  expect(heard.stderr).toContain('there is no profile in which all of "no-such-thing-on-earth" stands')
})

test('shows a model with its points, rules, caveats and sources', async () => {
  expect(await profilesCommand(['show', 'qdy30a', '--lang', 'zh'])).toBe(0)
  expect(heard.stdout).toMatch(/level +积水深度 +water-level +m +-0.3 … 10 +holding-register 4, int16 × count-size/)
  expect(heard.stdout).toMatch(/water-level +报警 +积水 +level 高于 0.1 m: blue, low, 5 s/)
  expect(heard.stdout).toContain('零点漂移')
  heard.stdout = ''
  expect(await profilesCommand(['show', 'milesight-em310-tilt'])).toBe(0)
  expect(heard.stdout).toContain('record 03 CF byte 0, int16 × 0.01')
  expect(heard.stdout).toContain('https://github.com/Milesight-IoT/SensorDecoders')
})

test('every model can be shown in both languages', () => {
  const { profiles, kinds } = loadCatalogue()
  for (const profile of profiles.values()) {
    for (const language of ['zh', 'en'] as const) {
      const text = showProfile(profile, { kind: kinds.get(profile.kind), language })
      expect(text).toContain(profile.name[language])
      expect(text).not.toMatch(/\bundefined\b|\[object|(above|below) NaN/)
    }
  }
})

test('a vector that is right passes, with what the profile still lacks', async () => {
  const { file } = site(vector('2500', 2.5))
  expect(await profilesCommand(['test', file])).toBe(0)
  expect(heard.stdout).toMatch(/^gauge: good\n {2}passed {3}vector 1\n/)
  expect(heard.stdout).toContain('1 profile: all good; 1 vector: 1 passed, 0 failed')
})

test.each([
  ['2500', '2.6', 'level: expected 2.6 m, got 2.5 m'],
  ['2500', 'sentinel', 'level: expected "sentinel", got 2.5 m'],
  ['', '2.5', 'level: expected 2.5 m, got nothing: it does not stand in these bytes'],
])('a vector of [%s] that expects %s fails', async (words, level, difference) => {
  const { file } = site(vector(words, level))
  expect(await profilesCommand(['test', file])).toBe(1)
  expect(heard.stdout).toContain('FAILED   vector 1')
  expect(heard.stdout).toContain(difference)
})

test('a frame is taken apart: its CRC, its length and its registers', async () => {
  const { file } = site(vector('2500', 2.5).replace('vectors: [{', 'vectors: [{ frame: 01 03 02 09 C4 BF 88,'))
  expect(await profilesCommand(['test', file])).toBe(1)
  expect(heard.stdout).toContain('frame: its CRC should be BF 87')
  expect(heard.stdout).not.toContain('its registers are')
})

test('problems of a file are told with their places, and its site is found by where it stands', async () => {
  const { file, folder } = site(MODEL.replace('quantity: level', 'quantity: levl'))
  expect(await profilesCommand(['test', file])).toBe(1)
  expect(heard.stdout).toContain('gauge.yaml:13:15: points[0].quantity: unknown quantity "levl" of kind tank')
  heard.stdout = ''
  expect(await profilesCommand(['test', '--profiles', folder])).toBe(1)
  expect(heard.stdout).toContain('1 not good')
  writeFileSync(file, MODEL)
  heard.stdout = ''
  expect(await profilesCommand(['test', 'gauge', '--profiles', folder])).toBe(0)
  expect(heard.stdout).toContain('it has no "vectors"')
})

test('a script of a maker is run for its vectors', async () => {
  const script = MODEL.replace('protocol: modbus', 'protocol: mqtt')
    .replace(
      'modbus: { pollInterval: 1s }',
      "mqtt: { topic: 'a/{address}', interval: 1m, payload: { format: codec, file: ./gauge.js, api: ttn-v2, encoding: hex } }",
    )
    .replace(/modbus: \{ table.*/, 'json: { pointer: /level }')
  const { file, folder } = site(`${script}vectors: [{ text: '09C4', expect: { level: 2.5 } }]\n`)
  writeFileSync(
    join(folder, 'models/gauge.js'),
    'function Decoder(bytes) { return { level: (bytes[0] * 256 + bytes[1]) / 1000 } }',
  )
  expect(await profilesCommand(['test', file])).toBe(0)
  expect(heard.stdout).toContain('passed   vector 1')
})

test('the whole catalogue is good, with every vector tried', async () => {
  expect(await profilesCommand(['test', '--json'])).toBe(0)
  const verdicts = JSON.parse(heard.stdout) as { vectors: { skipped?: string }[] }[]
  expect(verdicts.flatMap(({ vectors }) => vectors).filter(({ skipped }) => skipped !== undefined)).toEqual([])
})

test.each([
  [['lst'], /expected one of list.*got "lst"/],
  [['list', 'smoke'], /"list" takes no words/],
  [['list', '--kind', 'smok'], /--kind: expected one of .*did you mean "smoke"/],
  [['list', '--protocol', 'lora'], /--protocol: expected one of modbus, mqtt/],
  [['search'], /"search" needs words/],
  [['show'], /"show" takes one id/],
  [['show', 'qdy30'], /no device profile "qdy30"; did you mean "qdy30a"/],
  [['show', 'qdy30a', '--lang', 'de'], /--lang: expected zh or en/],
  [['show', 'qdy30a', '--kind', 'smoke'], /--kind belongs to/],
  [['test', 'a', 'b'], /takes one id or file/],
  [['list', '--profiles', '/no/such/folder'], /--profiles: expected a folder/],
])('outpost profiles %j', async (args, message) => {
  await expect(profilesCommand(args)).rejects.toThrow(UsageError)
  await expect(profilesCommand(args)).rejects.toThrow(message)
})
