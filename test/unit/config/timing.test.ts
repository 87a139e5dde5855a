import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../gateway/config/load.ts'
import { predictTiming } from '../../../gateway/config/timing.ts'
import { secondsText, timingText } from '../../../gateway/config/timing-text.ts'

const cases = new URL('../../cases/timing/', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'outpost-timing-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A configuration of smoke detectors on one line of 4800 baud. */
function load(options: { line?: string; devices: readonly string[] }) {
  const file = join(folder, 'outpost.yaml')
  writeFileSync(
    file,
    `gateway: { id: station-1, dataDirectory: ./data }
station: { id: longtian, name: { zh: 龙田站, en: Longtian }, type: community, address: 龙田路 1 号 }
http: { authentication: { type: anonymous-on-loopback } }
lines: [{ id: loop, type: modbus-rtu, path: /dev/ttyUSB0, ${options.line ?? 'baudRate: 4800'} }]
devices:
${options.devices.map((rest, i) => `  - { id: fire-${i + 1}, place: 楼, profile: renke-rs-yg-n01, line: loop, unitId: ${i + 1}${rest} }\n`).join('')}`,
  )
  return loadConfig(file, { environment: {} })
}

function messageOf(result: ReturnType<typeof load>): string {
  if (result.ok) throw new Error('expected a configuration that is refused')
  expect(result.problems).toHaveLength(1)
  return result.problems[0]?.message ?? ''
}

/** The advice of one kind, with its number taken out of the message. */
function advice(message: string, pattern: RegExp): string {
  const found = pattern.exec(message)?.[1]
  if (found === undefined) throw new Error(`expected ${pattern} in: ${message}`)
  return found
}

const times = <T>(count: number, value: T): readonly T[] => Array.from({ length: count }, () => value)

describe('what an engineer reads', () => {
  for (const name of readdirSync(cases)) {
    it(name.replaceAll('-', ' '), async () => {
      const result = loadConfig(new URL(`${name}/outpost.yaml`, cases).pathname, { environment: {} })
      if (!result.ok) throw new Error('expected a valid configuration')
      await expect(timingText(predictTiming(result.config))).toMatchFileSnapshot(
        new URL(`${name}/timing.txt`, cases).pathname,
      )
    })
  }

  it.each([
    [0, '0 ms'],
    [0.2 + 0.1, '1 ms'],
    [3 * 0.1 * 10, '3 ms'],
    [999.2, '1000 ms'],
    [1250, '1.25 s'],
    [12_340, '12.4 s'],
    [600_000, '10 min'],
    [28_800_000, '8 h'],
  ])('%d ms are never shown as less than they are: %s', (ms, text) => expect(secondsText(ms)).toBe(text))
})

describe('an alarm that may take too long', () => {
  it('is refused for a fire alarm on Modbus after ten seconds, and for nothing else unless it is said', () => {
    expect(load({ devices: [', pollInterval: 9s'] }).ok).toBe(true)
    expect(messageOf(load({ devices: [', pollInterval: 11s'] }))).toMatch(
      /"smoke-alarm" within 10 s .*got up to 11.1 s;/,
    )
    expect(load({ devices: [', pollInterval: 11s, rules: { smoke-alarm: { maxDetectionSeconds: 12 } }'] }).ok).toBe(
      true,
    )
    const strict = ', pollInterval: 5s, rules: { smoke-alarm: { maxDetectionSeconds: 3 } }'
    expect(messageOf(load({ devices: [strict] }))).toMatch(/"smoke-alarm" within 3 s/)
  })

  it('still gives its times, so that they can be looked at', () => {
    const result = load({ devices: [', pollInterval: 11s'] })
    expect(result.ok ? null : result.tooSlow?.lines.map((line) => line.id)).toEqual(['loop'])
  })

  it('counts the on-delay and the tick that ends it', () => {
    const result = load({ devices: [', rules: { smoke-alarm: { onDelay: 3s } }'] })
    if (!result.ok) throw new Error('expected a valid configuration')
    const [line] = predictTiming(result.config).lines
    expect(line?.detections[0]?.healthyMs).toBeCloseTo((line?.units[0]?.readWithinMs ?? 0) + 3500, 6)
  })
})

/** Each number is the mildest that is enough: it is taken into the configuration, and then made a little worse. */
describe('the advice is true', () => {
  it('the longest poll interval', () => {
    const text = advice(messageOf(load({ devices: [', pollInterval: 30s', ''] })), /pollInterval: ([\d.]+)s or less/)
    expect(load({ devices: [`, pollInterval: ${text}s`, ''] }).ok).toBe(true)
    expect(load({ devices: [`, pollInterval: ${Number(text) + 0.2}s`, ''] }).ok).toBe(false)
  })

  it('the longest time-out', () => {
    const devices = times(30, '')
    const text = advice(messageOf(load({ devices })), /timeout: (\d+)ms or less/)
    expect(load({ devices, line: `baudRate: 4800, timeout: ${text}ms` }).ok).toBe(true)
    expect(load({ devices, line: `baudRate: 4800, timeout: ${Number(text) + 20}ms` }).ok).toBe(false)
  })

  it('the most units on the line', () => {
    const most = Number(advice(messageOf(load({ devices: times(30, '') })), /at most (\d+) of the 30 units/))
    expect(load({ devices: times(most, '') }).ok).toBe(true)
    expect(load({ devices: times(most + 1, '') }).ok).toBe(false)
  })

  it('the lowest baud rate', () => {
    const devices = times(30, '')
    const line = (baudRate: string | number) => `baudRate: ${baudRate}, timeout: 500ms, replyTime: 20ms`
    const rate = advice(messageOf(load({ devices, line: line(1200) })), /baudRate: (\d+)/)
    expect(load({ devices, line: line(rate) }).ok).toBe(true)
    expect(load({ devices, line: line(Number(rate) / 2) }).ok).toBe(false)
  })

  it('the longest on-delay', () => {
    const delayed = (onDelay: string) => load({ devices: [`, rules: { smoke-alarm: { onDelay: ${onDelay} } }`] })
    const text = advice(messageOf(delayed('20s')), /onDelay: ([\d.]+)s or less/)
    expect(delayed(`${text}s`).ok).toBe(true)
    expect(delayed(`${Number(text) + 0.2}s`).ok).toBe(false)
  })

  it('says so where no single change is enough', () => {
    const slow = ', pollInterval: 20s, rules: { smoke-alarm: { onDelay: 9.9s } }'
    expect(messageOf(load({ devices: times(3, slow) }))).toMatch(/No single change is enough/)
  })
})

describe('the command line', () => {
  const outpost = (...args: string[]) => {
    const main = new URL('../../../gateway/main.ts', import.meta.url).pathname
    const done = promisify(execFile)(process.execPath, [main, ...args])
    return done.then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    )
  }
  const valid = new URL('mixed-station/outpost.yaml', cases).pathname
  const slow = new URL('../config/fire-alarm-too-slow/outpost.yaml', cases).pathname

  it('gives the same as JSON', async () => {
    const { code, stdout } = await outpost('check', '--timing', '--json', valid)
    const answer = JSON.parse(stdout)
    expect([code, answer.valid, answer.problems]).toEqual([0, true, []])
    expect(answer.timing.lines[0]).toMatchObject({
      id: 'loop',
      units: [{ deviceId: 'fire-1', requests: [{}] }, {}, {}],
    })
    expect(answer.timing.mqtt[0]).toMatchObject({ deviceId: 'kitchen', ruleId: 'smoke-alarm' })
  })

  it('shows the times of a configuration that is only too slow, and refuses it', async () => {
    const { code, stdout } = await outpost('check', '--timing', slow)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^Line loop[\s\S]*TOO SLOW[\s\S]*cannot be used: 2 problems/)
    expect((await outpost('run', slow)).stderr).toMatch(/cannot be used: 2 problems/)
  })

  it('refuses the options where they mean nothing', async () => {
    expect((await outpost('run', '--timing', valid)).stderr).toMatch(/"--timing" belongs to "outpost check"/)
    expect((await outpost('check', '--json', valid)).stderr).toMatch(/"--json" belongs to/)
  })
})
