/** A new configuration over what a gateway has recorded, as an engineer tries it in a terminal. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { backtestCommand } from '../../../gateway/commands/backtest-command.ts'
import { loadConfig } from '../../../gateway/config/load.ts'
import { createJournal } from '../../../gateway/journal/journal.ts'
import { Pipeline } from '../../../gateway/pipeline/pipeline.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { createMemoryLog } from '../../support/memory-log.ts'
import { hearWhatIsSaid } from '../../support/said.ts'

const T0 = Date.UTC(2026, 10, 20, 8)
const said = hearWhatIsSaid()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outpost-backtest-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function configure(name: string, rules: object = {}): string {
  const file = join(folder, name)
  const open = { authentication: { type: 'anonymous-on-loopback' } }
  const text = stringify({
    gateway: { id: 'station-1', dataDirectory: './data' },
    station: { id: 'longtian', name: { zh: '龙田站', en: 'Longtian' }, type: 'community', address: '龙田路 1 号' },
    http: { port: 8080, ...open },
    broker: { port: 1883, ...open },
    devices: [
      { id: 'tag', place: '大厅', profile: 'outpost-ref-extinguisher-tag', broker: 'embedded', address: 'tag', rules },
    ],
  })
  writeFileSync(file, text)
  return file
}

const iso = (ms: number) => new Date(T0 + ms).toISOString()
const run = (file: string, ...args: readonly string[]) =>
  backtestCommand(['--config', file, '--from', iso(0), '--to', iso(3_600_000), ...args])

/** A gateway that has run for an hour: the pressure falls to 950 kPa for 8 s, then to 990 kPa for nearly ten minutes. */
async function record(file: string): Promise<void> {
  const loaded = loadConfig(file, { environment: {} })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const clock = new FakeClock(T0)
  const directory = loaded.config.gateway.dataDirectory
  const journal = createJournal({ directory, gatewayId: 'gw' }, { clock, log: createMemoryLog() })
  await journal.start()
  const pipeline = new Pipeline({ devices: loaded.config.devices, alarms: [], now: clock.now() })
  for (let second = 0; second < 3600; second++) {
    const at = { wall: T0 + second * 1000, mono: second * 1000 }
    const pressure = second >= 600 && second < 608 ? 950 : second >= 1200 && second < 1796 ? 990 : 1200
    const values = { pressure, present: 1, obstructed: 0, battery: 90, temperature: 20 }
    if (second % 4 === 0) void journal.commit(pipeline.accept({ deviceId: 'tag', at, type: 'values', values }))
    void journal.commit(pipeline.tick(at))
  }
  await journal.stop()
}

test('the same rules tell what was; others tell what is new, what comes earlier, and how many', async () => {
  const file = configure('old.yaml')
  await record(file)
  expect(await run(file)).toBe(0)
  expect(said.stdout).toContain('4500 readings of 5 points')
  expect(said.stdout).toMatch(/same {4}medium tag\.pressure \(low\) for 9 min 46 s: Pressure 990 kPa is below 1000 kPa/)
  expect(said.stdout).toContain('of those in both: same time 1, earlier 0, later 0; another level 0')
  said.stdout = ''
  expect(await run(configure('new.yaml', { pressure: { levels: { low: { onDelay: '2s' } } } }))).toBe(0)
  expect(said.stdout).toMatch(/new {5}medium tag\.pressure \(low\) for .*950 kPa/)
  expect(said.stdout).toMatch(/earlier medium tag\.pressure \(low\) by 8 s/)
  expect(said.stdout).toContain('the new rules raise 2 alarms, those that ran raised 1\n  new 1, gone 0, in both 1\n')
  expect(said.stdout).toContain('  tag.pressure: 1 -> 2\n')
  said.stdout = ''
  expect(await run(configure('none.yaml', { pressure: { enabled: false } }), '--summary', '--json')).toBe(0)
  expect(JSON.parse(said.stdout)).toMatchObject({ summary: { before: 1, now: 0, gone: 1 }, alarms: [], readings: 4500 })
  expect(said.stderr).toBe('')
})

test('readings from a CSV file, and nothing to compare them with', async () => {
  const csv = join(folder, 'readings.csv')
  const rows = Array.from({ length: 20 }, (_, i) => `${T0 + i * 60_000},tag.pressure,${i < 10 ? 1200 : 900}`)
  writeFileSync(csv, `time,point,value\n${rows.join('\n')}\n`)
  expect(await run(configure('new.yaml'), '--csv', csv)).toBe(0)
  expect(said.stdout).toContain('the new rules raise 1 alarms; there is no alarm journal to compare them with')
  expect(said.stdout).toMatch(/tag\.pressure \(low-low\) until the end/)
})

test('what cannot be read is exit code 1, with what to do', async () => {
  const file = configure('new.yaml')
  expect(await run(file)).toBe(1)
  expect(said.stderr).toContain('--data takes the dataDirectory of a gateway that has run')
  expect(await run(file, '--csv', join(folder, 'nothing.csv'))).toBe(1)
  expect(said.stderr).toContain('cannot be read: ENOENT')
  expect(await run(file, '--influx', 'http://127.0.0.1:1', '--database', 'outpost')).toBe(1)
  expect(said.stderr).toContain('http://127.0.0.1:1 cannot be asked: ')
  expect(await run(configure('wrong.yaml', { pressure: { onDelai: '2s' } }))).toBe(1)
  expect(said.stderr).toContain('onDelai')
})

test.each([
  [['--from', '7d'], /--config is needed/],
  [['--config', 'x'], /--from is needed/],
  [['--config', 'x', '--from', 'yesterday'], /--from: expected 2026-11-20/],
  [['--config', 'x', '--from', '1h', '--to', '2h'], /--from must be before --to/],
  [['--config', 'x', '--from', '1h', '--tick', '1ms'], /--tick: expected at least 100ms/],
  [['--config', 'x', '--from', '1h', '--csv', 'a', '--influx', 'http://b'], /only one of them/],
  [['--config', 'x', '--from', '1h', '--influx', 'http://b'], /--influx needs --database/],
  [['--config', 'x', '--from', '1h', '--influx', 'b'], /--influx: expected a URL/],
  [['--config', 'x', '--from', '1h', '--database', 'b'], /--database goes with --influx/],
])('outpost backtest %j', async (args, message) => {
  await expect(backtestCommand(args)).rejects.toThrow(message)
})

test.each([
  'http://reader:s3cret@127.0.0.1:8086',
  'http://127.0.0.1:8086?u=reader&p=s3cret',
  'reader:s3cret@127.0.0.1:8086',
  'http://reader:s3cret@:8086',
])('no password stands in the address of InfluxDB, nor in what is said of it: %s', async (url) => {
  const refused = backtestCommand(['--config', 'x', '--from', '1h', '--influx', url, '--database', 'outpost'])
  await expect(refused).rejects.toThrow(/--influx: expected a URL .*OUTPOST_PASSWORD/)
  await expect(refused).rejects.not.toThrow(/s3cret/)
})

test('a device that is not there, and help', async () => {
  await expect(run(configure('new.yaml'), '--device', 'tug')).rejects.toThrow(/no device "tug"/)
  expect(await backtestCommand(['--help'])).toBe(0)
  for (const option of ['--csv', '--influx', '--data', '--tick', '--json']) expect(said.stdout).toContain(option)
})
