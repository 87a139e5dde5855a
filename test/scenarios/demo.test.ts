/** The demo as a visitor gets it: one command, five stories on the screen and in the console, Ctrl-C. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Alarm, type AlarmEvent, isRaise } from '../../gateway/alarm-model.ts'
import { acceptsTcp, freePort } from '../support/server-process.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const VARIABLES = ['OUTPOST_HTTP_PORT', 'OUTPOST_MQTT_PORT', 'OUTPOST_MODBUS_PORT', 'OUTPOST_RECEIVER_PORT'] as const
/** The two minutes in forty seconds: fast, and every state still lasts longer than the delays of its rule. */
const SPEED = 3
const STORY_MS = 60_000

type Ports = Record<(typeof VARIABLES)[number], number>

async function freePorts(): Promise<Ports> {
  const ports = await Promise.all(VARIABLES.map(async (variable) => [variable, await freePort()] as const))
  return Object.fromEntries(ports) as Ports
}

class Demo {
  readonly ports: Ports
  readonly #child: ChildProcess
  output = ''

  constructor(ports: Ports) {
    this.ports = ports
    const environment = Object.entries(ports).map(([variable, port]) => [variable, String(port)])
    this.#child = spawn(process.execPath, [join(ROOT, 'simulator/demo/start.ts')], {
      env: { ...process.env, ...Object.fromEntries(environment), OUTPOST_DEMO_SPEED: String(SPEED) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (bytes) => {
        this.output += String(bytes)
      })
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.ports.OUTPOST_HTTP_PORT}`
  }

  /** Resolves once the output has it; rejects with the whole output when that is late, or the demo has ended. */
  said(what: RegExp, withinMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const look = () => what.test(this.output) && resolve()
    const fail = () => reject(new Error(`the demo did not say ${what}:\n${this.output}`))
    const late = setTimeout(fail, withinMs)
    this.#child.stdout?.on('data', look)
    this.#child.once('close', fail)
    look()
    return promise.finally(() => {
      clearTimeout(late)
      this.#child.stdout?.off('data', look)
      this.#child.off('close', fail)
    })
  }

  /** Resolves with the exit code. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'close')
    return this.#child.exitCode
  }

  /** The process that runs this file for the demo. */
  partOf(file: string): number {
    const { pid } = this.#child
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    const found = children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(file))
    if (found === undefined) throw new Error(`no part of the demo runs ${file}`)
    return Number(found)
  }

  interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT')
    return this.ended()
  }

  async remove(): Promise<void> {
    // It ends its parts when it is asked to, and not when it is killed.
    await this.interrupt()
    rmSync(join(ROOT, 'data/demo', String(this.ports.OUTPOST_HTTP_PORT)), { recursive: true, force: true })
  }

  alarms(): Promise<readonly Alarm[]> {
    return this.#get<{ alarms: Alarm[] }>('/api/alarms').then(({ alarms }) => alarms)
  }

  events(): Promise<readonly AlarmEvent[]> {
    return this.#get<{ events: AlarmEvent[] }>('/api/alarm-events?after=0&limit=1000').then(({ events }) => events)
  }

  async #get<T>(path: string): Promise<T> {
    const answer = await fetch(this.url + path)
    return (await answer.json()) as T
  }
}

describe('the demo', () => {
  let demo: Demo
  let events: readonly AlarmEvent[]

  beforeAll(async () => {
    demo = new Demo(await freePorts())
    await demo.said(/The console is ready/, 20_000)
    // Told by the field itself, when the story is over and everything has come back.
    await demo.said(/^现场 field .*All is normal again/m, STORY_MS)
    // A machine that is busy with other things sees it a little later.
    const isCalm = async () => expect((await demo.alarms()).filter(({ facts }) => facts.active)).toEqual([])
    await vi.waitFor(isCalm, { timeout: 20_000, interval: 200 })
    events = await demo.events()
  }, STORY_MS + 60_000)

  afterAll(() => demo.remove())

  test('says first what runs, where the console is, what will happen and how to stop', () => {
    const announced = demo.output.slice(0, demo.output.indexOf('The console is ready'))
    for (const text of [demo.url, '0:00  全站平静', '0:40  重新开始', 'Ctrl-C']) expect(announced).toContain(text)
  })

  test.each([
    ['smoke in the kitchen: first the warning', 'kitchen-smoke.obscuration', 'high'],
    ['then the fire', 'kitchen-smoke.smoke-alarm', null],
    ['water in the underpass', 'underpass-radar.water-level', 'orange'],
    ['the slope by its crack', 'slope-crack.displacement', 'orange'],
    ['and by its tilt', 'slope-tilt.tilt-tilt-x', 'high'],
    ['the leaking extinguisher', 'market-extinguisher.pressure', 'low-low'],
    ['the one that was taken', 'kitchen-extinguisher.removed', null],
    ['the lost sensor', 'garage-probe.no-data', null],
  ])('%s is raised, told to dispatch, and returns', (_, id, level) => {
    const told = events.filter(({ alarm }) => alarm.id === id)
    // People decide about the levels of slopes, each of which is proposed.
    const [begins, word] = id.startsWith('slope') ? ['proposed', '建议待确认 proposed'] : ['raised', '发生 raised']
    const types = told.map(({ type }) => type).filter((type, i, all) => type !== 'level-changed' && type !== all[i - 1])
    expect(types).toEqual([begins, 'returned'])
    if (level !== null) expect(told.map(({ alarm }) => alarm.level)).toContain(level)
    const { place, name } = (told[0] as AlarmEvent).alarm
    const lines = demo.output.split('\n').filter((line) => line.startsWith('派发 dispatch │') && line.includes(place))
    for (const said of [word, '恢复 returned']) {
      expect(lines).toContainEqual(expect.stringContaining(`${said} · ${name.zh} ${name.en}`))
    }
  })

  test('raises nothing else, and nothing while all is calm', () => {
    const raised = new Set(events.filter(isRaise).map(({ alarm }) => alarm.device))
    expect([...raised].toSorted()).toEqual(
      [
        ...['garage-probe', 'kitchen-extinguisher', 'kitchen-smoke', 'market-extinguisher'],
        ...['slope-crack', 'slope-tilt', 'underpass-radar'],
      ].toSorted(),
    )
  })

  test('ends calm: nothing is active, and the fire alarm is latched for a person', async () => {
    const alarms = await demo.alarms()
    expect(alarms.filter(({ facts }) => facts.active)).toEqual([])
    expect(alarms.find(({ id }) => id === 'kitchen-smoke.smoke-alarm')?.state).toBe('latched-unacknowledged')
  })

  test('shows no log lines of machines, no gaps and no repetitions', () => {
    expect(demo.output).not.toMatch(/│ \{"/)
    expect(demo.output).not.toContain('missing alarm events')
  })

  test('ends all its processes when it is interrupted', async () => {
    expect(await demo.interrupt()).toBe(0)
    for (const port of Object.values(demo.ports)) expect(await acceptsTcp(port)).toBe(false)
  })
})

describe('a demo that cannot be', () => {
  test('says which part has died and why, and ends the others', async () => {
    const demo = new Demo(await freePorts())
    try {
      await demo.said(/^现场 field .*All is calm/m, 20_000)
      process.kill(demo.partOf('gateway/start.mjs'), 'SIGKILL')
      expect(await demo.ended()).toBe(1)
      expect(demo.output).toMatch(/^网关 gateway +已停止 has ended: 信号 signal SIGKILL$/m)
      for (const port of Object.values(demo.ports)) expect(await acceptsTcp(port)).toBe(false)
    } finally {
      await demo.remove()
    }
  })

  test('names the taken port and the variable that changes it', async () => {
    const ports = await freePorts()
    const other = createServer()
    other.listen(ports.OUTPOST_MODBUS_PORT, '127.0.0.1')
    await once(other, 'listening')
    const demo = new Demo(ports)
    expect(await demo.ended()).toBe(1)
    expect(demo.output).toContain(String(ports.OUTPOST_MODBUS_PORT))
    expect(demo.output).toContain('OUTPOST_MODBUS_PORT=')
    other.close()
  })
})
