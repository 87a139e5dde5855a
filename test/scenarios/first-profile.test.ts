/** The page for new engineers, followed to the letter: each of its files is written, each of its commands runs. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { probeCommand } from '../../gateway/commands/probe-command.ts'
import { profilesCommand } from '../../gateway/commands/profiles-command.ts'
import { loadConfig } from '../../gateway/config/load.ts'
import { checkCommand } from '../../simulator/commands/check.ts'
import { hearOutput } from '../support/heard-output.ts'
import { OUTPOST } from '../support/outpost-command.ts'
import { freePort } from '../support/server-process.ts'

const page = readFileSync(new URL('../../device-profiles/FIRST-PROFILE.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/```(sh|yaml)\n([\s\S]*?)```/g)].map(([, language, text = '']) => ({ language, text }))
const commands = blocks.flatMap(({ language, text }) => (language === 'sh' ? [text] : []))

/** What each `npm run` starts; commands that end run in the process of the test, which has their modules already. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  outpost: OUTPOST,
  simulator: [new URL('../../simulator/main.ts', import.meta.url).pathname],
}
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => number | Promise<number>>> = {
  'outpost profiles': profilesCommand,
  'outpost probe': probeCommand,
  'simulator check': checkCommand,
}

const heard = hearOutput()
let folder: string
let httpPort: number
const children: ChildProcess[] = []

/** The page has fixed ports, which others may use here. */
async function writeFiles(): Promise<void> {
  const modbusPort = await freePort()
  httpPort = await freePort()
  for (const { language, text } of blocks) {
    const name = /^# (\S+\.yaml)\n/.exec(text)?.[1]
    if (language !== 'yaml' || name === undefined) continue
    const moved = text.replaceAll('port: 5020', `port: ${modbusPort}`).replaceAll('port: 8080', `port: ${httpPort}`)
    writeFileSync(join(folder, name), moved)
  }
}

/** The words of each command of a block, as a shell takes them apart; files stand in the folder of the test. */
function wordsOf(block: string): string[][] {
  const lines = block.replaceAll('\\\n', ' ').trim().split('\n')
  return lines.map((line) => {
    const [npm, run, script, dashes, ...words] = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(
      ([, quoted, bare]) => quoted ?? bare,
    )
    expect([npm, run]).toEqual(['npm', 'run'])
    const args = dashes === '--' ? words : []
    return [script ?? '', ...args.map((word = '') => word.replace(/^(my-profiles|[a-z]+\.yaml)/, join(folder, '$1')))]
  })
}

function start([script = '', ...args]: readonly string[]): { readonly output: () => string } {
  const child = spawn(process.execPath, [...(PROGRAMS[script] ?? []), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes) => {
      output += String(bytes)
    })
  }
  return { output: () => output }
}

/** Gives what the commands of a block have said. */
async function run(block: string): Promise<string> {
  heard.stdout = ''
  for (const [script = '', command = '', ...args] of wordsOf(block)) {
    const own = COMMANDS[`${script} ${command}`]
    const code = own === undefined ? checkConfiguration(args) : await own(args)
    expect(code, heard.stderr + heard.stdout).toBe(0)
  }
  return heard.stdout
}

/** `outpost check`. */
function checkConfiguration([file = '']: readonly string[]): number {
  const result = loadConfig(file, { environment: {} })
  expect(result).toMatchObject({ ok: true })
  return 0
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'first-profile-'))
  await writeFiles()
})
afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.pid === undefined) continue
    const closed = once(child, 'close')
    child.kill('SIGTERM')
    await closed
  }
  rmSync(folder, { recursive: true, force: true })
})

test('a page of a manual becomes a profile that a running gateway reads right', async () => {
  const [make = '', tryIt = '', check = '', play = '', serve = '', probe = '', ...more] = commands
  expect(more).toEqual([])
  expect(await run(make)).toContain('acme-lt-200: good')
  const tried = await run(tryIt)
  expect(tried).toContain('1 profile: all good; 1 vector: 1 passed')
  expect(tried).not.toContain('still missing')
  await run(check)
  start(wordsOf(play)[0] ?? [])
  const gateway = start(wordsOf(serve)[0] ?? [])
  await vi.waitFor(() => expect(gateway.output()).toContain('"msg":"running"'), { timeout: 60_000 })
  await vi.waitFor(
    async () => {
      const answer = await fetch(`http://127.0.0.1:${httpPort}/api/points`)
      expect(valuesOf(await answer.json())).toMatchObject({
        'gauge.level': 0.153,
        'gauge.temperature': 21.5,
        'gauge.displaced': 0,
      })
    },
    { timeout: 60_000 },
  )
  expect(await run(probe)).toContain('0.153')
})

function valuesOf(answer: unknown): Record<string, unknown> {
  const { points } = answer as {
    points: readonly { id: string; reading: { quality: string; value: unknown } | null }[]
  }
  return Object.fromEntries(points.map(({ id, reading }) => [id, reading?.quality === 'good' ? reading.value : null]))
}
