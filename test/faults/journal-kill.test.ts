import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import { systemClock } from '../../gateway/clock.ts'
import type { JournaledReading } from '../../gateway/delivery-model.ts'
import { createJournal } from '../../gateway/journal/journal.ts'
import type { Journal } from '../../gateway/journal/journal-types.ts'
import { createMemoryLog } from '../support/memory-log.ts'
import { T0 } from '../unit/journal/journal-samples.ts'

const ROUNDS = 12
const VALUES_PER_ROUND = 100_000

interface Acknowledged {
  readonly values: readonly number[]
  readonly seqs: readonly number[]
}

let directory: string
let child: ChildProcess | null = null
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'outpost-kill-'))
})
afterEach(() => {
  child?.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

function startChild(firstValue: number): ChildProcess {
  const script = new URL('./journal-child.ts', import.meta.url).pathname
  child = spawn(process.execPath, [script, directory, String(firstValue)], { stdio: ['ignore', 'pipe', 'inherit'] })
  return child
}

/** Kills the child after so many acknowledgements; gives all that it printed. */
async function killAfter(acknowledgements: number, running: ChildProcess): Promise<Acknowledged[]> {
  const lines: Acknowledged[] = []
  const { stdout } = running
  if (stdout === null) throw new Error('the child has no output')
  const exited = once(running, 'exit')
  for await (const line of createInterface(stdout)) {
    lines.push(JSON.parse(line) as Acknowledged)
    if (lines.length === acknowledgements) running.kill('SIGKILL')
  }
  expect((await exited)[1]).toBe('SIGKILL')
  return lines
}

async function withJournal<T>(work: (journal: Journal) => Promise<T>): Promise<T> {
  const log = createMemoryLog()
  // Many days: the readings bear the time of a clock of their own.
  const journal = createJournal({ directory, gatewayId: 'gw', historyDays: 100_000 }, { clock: systemClock, log })
  expect((await journal.start()).setAside).toEqual([])
  try {
    return await work(journal)
  } finally {
    await journal.stop()
    expect(log.lines).toEqual([])
  }
}

async function readAll<T extends { readonly seq: number }>(
  read: (afterSeq: number) => Promise<readonly T[]>,
): Promise<T[]> {
  const all: T[] = []
  for (;;) {
    const page = await read(all.at(-1)?.seq ?? 0)
    if (page.length === 0) return all
    all.push(...page)
  }
}

async function historyOf(journal: Journal): Promise<unknown[]> {
  const values: unknown[] = []
  for (const point of ['pump.point-0', 'pump.point-1', 'pump.point-2']) {
    for (let round = 0; round < ROUNDS; round++) {
      const from = T0 + round * VALUES_PER_ROUND
      const rows = await journal.history({ point, from, to: from + VALUES_PER_ROUND - 1, maxPoints: 10_000 })
      values.push(...rows.map(({ value }) => value))
    }
  }
  return values
}

const byNumber = (a: unknown, b: unknown) => Number(a) - Number(b)

test(`everything acknowledged is there after each of ${ROUNDS} kills`, { timeout: 120_000 }, async () => {
  const acknowledged: Acknowledged[] = []
  let lastEventSeq = 0
  for (let round = 0; round < ROUNDS; round++) {
    const running = startChild(round * VALUES_PER_ROUND)
    acknowledged.push(...(await killAfter(1 + round * 37, running)))
    await withJournal(async (journal) => {
      const stored: JournaledReading[] = await readAll((after) => journal.readings(after, 700))
      const events: AlarmEvent[] = await readAll((after) => journal.events(after, 100))
      const values = stored.map(({ value }) => value)
      expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, i) => i + 1))
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1))
      expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
      expect(new Set(values).size).toBe(values.length)
      const missing = acknowledged.flatMap((one) => one.values).filter((one) => !new Set(values).has(one))
      expect(missing).toEqual([])
      const lastAcknowledged = Math.max(0, ...acknowledged.flatMap((one) => one.seqs))
      expect(events.length).toBeGreaterThanOrEqual(Math.max(lastAcknowledged, lastEventSeq))
      lastEventSeq = events.length
      expect((await historyOf(journal)).toSorted(byNumber)).toEqual(values.toSorted(byNumber))
    })
  }
  expect(acknowledged.flatMap((one) => one.values).length).toBeGreaterThan(1000)
  expect(lastEventSeq).toBeGreaterThan(100)
})

test('a second gateway is refused with the pid of the first, and let in after its kill', async () => {
  const running = startChild(0)
  if (running.stdout === null) throw new Error('the child has no output')
  await once(running.stdout, 'data')
  const second = createJournal({ directory, gatewayId: 'gw' }, { clock: systemClock, log: createMemoryLog() })
  await expect(second.start()).rejects.toMatchObject({
    failure: 'locked',
    message: expect.stringContaining(`in use by the process ${running.pid}`),
  })
  const exited = once(running, 'exit')
  running.kill('SIGKILL')
  await exited
  await withJournal(async (journal) => {
    expect((await journal.readings(0, 1)).length).toBe(1)
  })
})
