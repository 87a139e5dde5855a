import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { HEAD } from './scenarios.ts'

const MAIN = fileURLToPath(new URL('../../../simulator/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'outpost-simulator-'))
const good = join(folder, 'good.yaml')
const bad = join(folder, 'bad.yaml')

beforeAll(() => {
  const lineOnly = HEAD.replace(/ {2}- \{ id: tag.*\n/, '')
  writeFileSync(good, `${lineOnly}timeline:\n  - { at: 61s, say: { zh: 烟雾上升, en: Smoke is rising } }\n`)
  writeFileSync(bad, HEAD.replace('unitId: 2', 'unitId: 1').replace('seed', 'sead'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const running: (() => void)[] = []
afterEach(() => {
  for (const end of running.splice(0)) end()
})

function simulator(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(() => child.kill('SIGKILL'))
  const output = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.err += text
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }))
  return { child, output, ended }
}

describe('the command line of the simulator', () => {
  it('explains itself', async () => {
    const { code, out, err } = await simulator('--help').ended
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('main.ts run FILE [--speed N] [--wait N] [--control PORT] [--profiles FOLDER] [--quiet]')
  })

  it.each([
    [[], 'expected a command, "run", "check", "control", "load" or "test"'],
    [['walk', 'x'], 'there is no command "walk"'],
    [['run'], '"run" needs the path of a scenario file'],
    [['check', 'a', 'b'], '"check" takes one file, got 2'],
    [['run', 'a', '--wait', 'long'], '--wait: expected seconds from 0 to 3600, got "long"'],
    [['run', 'a', '--speed', 'fast'], '--speed: expected a number above 0 and at most 1000, got "fast"'],
    [['run', 'a', '--control', 'on'], '--control: expected a port from 0 to 65535, got "on"'],
    [['control', 'jump'], 'there is no "control jump"; expected state, show,'],
    [['control', 'set', 'radar', 'level'], 'expected "control set DEVICE POINT VALUE"'],
    [['control', 'clear', 'rader', 'x'], 'expected "device" or "line", got "rader"'],
    [['load', '--protocol', 'knx'], '--protocol: expected mqtt or modbus, got "knx"'],
    [['load', '--devices', '20001'], '--devices: expected a whole number from 1 to 20000, got "20001"'],
    [['load', '--broker', 'mqtt://me:secret@host'], '--broker: expected mqtt://host:port, got "mqtt://…@host"'],
    [['test', 'a', '--seed', '1', '--seeds', '2'], 'give --seed or --seeds, not both'],
    [['test', 'a', '--seeds', '0'], '--seeds: expected a whole number from 1 to 1000, got "0"'],
    [['test', 'a', '--parallel', '2', '--gateway', 'http://h:1'], '--parallel is for gateways that are started here'],
    [['run', 'a', '--sped', '1'], "Unknown option '--sped'"],
  ])('refuses %j', async (args, message) => {
    const { code, out, err } = await simulator(...args).ended
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(`simulator: ${message}`)
    expect(err).toContain('see "node simulator/main.ts --help"')
  })

  it('checks a file', async () => {
    const right = await simulator('check', good).ended
    expect(right).toEqual({ code: 0, out: `${good} is valid: 2 devices, 1 line\n`, err: '' })
    const wrong = await simulator('check', bad).ended
    expect(wrong).toEqual({ code: 1, out: '', err: `${bad}:3:1: sead: unknown key "sead"; did you mean "seed"?\n` })
  })

  it('starts nothing from a wrong file', async () => {
    expect(await simulator('run', bad).ended).toMatchObject({ code: 1, out: '' })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'shows what it serves and the story as it happens, until %s',
    async (signal) => {
      const { child, output, ended } = simulator('run', good, '--speed', '100')
      await vi.waitFor(() => expect(output.out).toContain('Smoke'), { timeout: 20_000 })
      child.kill(signal)
      const { code, out, err } = await ended
      expect([code, err]).toEqual([0, ''])
      expect(out.replace(/:\d{4,5}\n/, ':PORT\n')).toBe(`测试 / Test
  cabinet: modbus-tcp 127.0.0.1:PORT
    unit 1   radar (dfrobot-sen0676)
    unit 2   hook (outpost-ref-extinguisher-tag-modbus)
01:01  烟雾上升 / Smoke is rising
`)
    },
  )

  it('is told what to do while it runs', async () => {
    const { output } = simulator('run', good, '--control', '0')
    await vi.waitFor(() => expect(output.out).toContain('control: '), { timeout: 20_000 })
    const port = /control: http:\/\/127\.0\.0\.1:(\d+)/.exec(output.out)?.[1] ?? ''
    const control = (...words: readonly string[]) => simulator('control', '--port', port, ...words).ended
    const [set, fault, wrong] = await Promise.all([
      control('set', 'radar', 'temperature', '-5').then(({ code, err }) => [code, err]),
      control('fault', 'device', 'hook', 'late', '--by', '3s'),
      control('fault', 'line', 'cabinett', 'late'),
    ])
    expect(set).toEqual([1, expect.stringContaining('has no point "temperature"')])
    expect(JSON.parse(fault.out)).toMatchObject({ id: 'hook', fault: { type: 'late', ms: 3000 } })
    const suggestion = 'the scenario has no line "cabinett"; did you mean "cabinet"?'
    expect(wrong).toEqual({ code: 1, out: '', err: `simulator: ${suggestion}\n` })
    const state = await control('state')
    expect(state.out).toMatch(/^测试 \/ Test: \d\d:\d\d of 01:01, speed 1\n {2}line {3}cabinet \(modbus-tcp \d+\)\n/)
    expect(state.out).toContain('  device hook (outpost-ref-extinguisher-tag-modbus)  fault: late\n')
  })

  it('says which line could not be had', async () => {
    const taken = join(folder, 'taken.yaml')
    const first = simulator('run', good)
    await vi.waitFor(() => expect(first.output.out).toContain('unit 2'), { timeout: 20_000 })
    const port = /127\.0\.0\.1:(\d+)/.exec(first.output.out)?.[1]
    writeFileSync(taken, HEAD.replace('port: 0', `port: ${port}`))
    const { code, out, err } = await simulator('run', taken, '--quiet').ended
    expect([code, out]).toEqual([1, ''])
    expect(err).toBe(
      `simulator: could not start: line "cabinet": cannot listen on 127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`,
    )
  })
})
