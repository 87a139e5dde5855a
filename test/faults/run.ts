/**
 * `npm run faults [-- --long] [names]`: whole processes that are killed, starved and lied to, and one table of what they bore. A test run
 * (`npm test`) has the same tests with fewer rounds.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'

const ROOT = join(import.meta.dirname, '../..')
const REPORT = join(ROOT, 'test-artifacts/faults.json')

/** How much of each: in a quarter of an hour, and in half a day. What is set already stays. */
const AMOUNTS = {
  usual: {
    OUTPOST_KILL_ROUNDS: '50',
    OUTPOST_OUTAGE_READINGS: '200000',
    OUTPOST_SOAK_READINGS: '400000',
    OUTPOST_FUZZ_PACKETS: '100000',
  },
  long: {
    OUTPOST_KILL_ROUNDS: '1000',
    OUTPOST_OUTAGE_READINGS: '5000000',
    OUTPOST_SOAK_READINGS: '14400000',
    OUTPOST_FUZZ_PACKETS: '1000000',
    OUTPOST_LATE_READS: '100000',
    OUTPOST_SICK_SECONDS: '240',
  },
} as const

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly startTime: number
    readonly endTime: number
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[]
  }[]
}

function main(): number {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { long: { type: 'boolean' } } })
  const amounts = values.long ? AMOUNTS.long : AMOUNTS.usual
  mkdirSync(join(ROOT, 'test-artifacts'), { recursive: true })
  const places = positionals.length > 0 ? positionals.map((name) => `test/faults/${name}`) : ['test/faults']
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const options = ['run', '--config', 'test/vitest.config.ts', '--reporter=default', '--reporter=json']
  const { status } = spawnSync(process.execPath, [vitest, ...options, `--outputFile.json=${REPORT}`, ...places], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...amounts, ...process.env },
  })
  print(JSON.parse(readFileSync(REPORT, 'utf8')) as Report)
  return status ?? 1
}

function print({ testResults }: Report): void {
  const rows = testResults.flatMap(({ name, startTime, endTime, assertionResults }) => {
    const count = (status: string) => assertionResults.filter((one) => one.status === status).length
    const skipped = assertionResults.length - count('passed') - count('failed')
    const seconds = ((endTime - startTime) / 1000).toFixed(0)
    return [[basename(name, '.test.ts'), count('passed'), count('failed'), skipped, seconds].map(String)]
  })
  const table = [
    ['fault', 'passed', 'failed', 'skipped', 's'],
    ...rows.toSorted(([a = ''], [b = '']) => a.localeCompare(b)),
  ]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? []
  const lines = table.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  )
  process.stdout.write(`\n${lines.join('\n')}\n`)
}

process.exitCode = main()
