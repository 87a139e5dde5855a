import { describe, expect, test } from 'vitest'
import { DeliveryCursors } from '../../../gateway/journal/delivery-cursors.ts'
import { EventQueue } from '../../../gateway/journal/event-queue.ts'
import { GroupCommit } from '../../../gateway/journal/group-commit.ts'
import type { Committed } from '../../../gateway/journal/journal-types.ts'
import { PointDictionary } from '../../../gateway/journal/point-dictionary.ts'
import type { AlarmChanges, CommitReply, ReadingChanges } from '../../../gateway/journal/worker-messages.ts'
import type { Reading } from '../../../gateway/model.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { createMemoryLog } from '../../support/memory-log.ts'
import { draft, only, raise, reading, readings } from './journal-samples.ts'

const DONE: CommitReply = { alarms: null, readings: null }
const FULL: CommitReply = { alarms: 'disk full', readings: 'disk full' }

interface Sent {
  readonly changes: AlarmChanges & ReadingChanges
  answer(reply: CommitReply): void
}

/** A group commit whose disk the test plays. */
function setUp(maxWaitingReadings = 1000) {
  const clock = new FakeClock()
  const log = createMemoryLog()
  const events = new EventQueue('gw')
  const cursors = new DeliveryCursors()
  cursors.load([{ id: 'dispatch', journal: 'alarm-events', cursor: 0 }])
  const sent: Sent[] = []
  const seen: Committed[] = []
  const refused: Reading[] = []
  const group = new GroupCommit({
    events,
    cursors,
    points: new PointDictionary(),
    maxWaitingReadings,
    log,
    mono: () => clock.now().mono,
    send: (changes) =>
      new Promise((resolve) => {
        sent.push({ changes, answer: resolve })
      }),
    onCommitted: (committed) => seen.push(committed),
    onRefused: (readings) => refused.push(...readings),
  })
  // Three: what an answer sets off is sent a turn later, and a group that has stopped growing is seen a turn after that.
  const nextTurn = async () => {
    for (let turn = 0; turn < 3; turn++) await clock.advance(0)
  }
  const answer = async (reply: CommitReply) => {
    sent.at(-1)?.answer(reply)
    await nextTurn()
  }
  return { clock, log, cursors, group, sent, seen, refused, nextTurn, answer }
}

describe('grouping', () => {
  test('everything of one turn shares one commit', async () => {
    const { group, sent, nextTurn, answer } = setUp()
    const commits = readings(300).map((one) => group.commit(only([one])))
    const raised = group.commit(raise('a', 'b'))
    expect(sent).toHaveLength(0)
    await nextTurn()
    await answer(DONE)
    await Promise.all(commits)
    expect((await raised).map(({ seq }) => seq)).toEqual([1, 2])
    expect(sent).toHaveLength(1)
    expect(sent[0]?.changes.blocks.map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq])).toEqual([[1, 300]])
    expect(sent[0]?.changes.points).toEqual([[0, 'pump.pressure']])
  })

  test('what comes while a commit is under way shares the next one, and waits for it', async () => {
    const { group, sent, nextTurn, answer } = setUp()
    const first = group.commit(only(readings(3)))
    await nextTurn()
    const later = [group.commit(only(readings(2))), group.commit(only(readings(1)))]
    await nextTurn()
    expect(sent).toHaveLength(1)
    await answer(DONE)
    await first
    expect(sent).toHaveLength(2)
    expect(sent[1]?.changes.blocks.map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq])).toEqual([[4, 6]])
    expect(sent[1]?.changes.points).toEqual([])
    await answer(DONE)
    await Promise.all(later)
  })

  test('an empty outcome costs nothing', async () => {
    const { group, sent, nextTurn } = setUp()
    expect(await group.commit({ readings: [], events: [] })).toEqual([])
    await nextTurn()
    expect(sent).toHaveLength(0)
  })

  test('a large group becomes several blocks with numbers that follow each other', async () => {
    const { group, sent, nextTurn } = setUp(10_000)
    void group.commit(only(readings(2500)))
    await nextTurn()
    const numbers = sent[0]?.changes.blocks.map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq])
    expect(numbers).toEqual([
      [1, 1024],
      [1025, 2048],
      [2049, 2500],
    ])
  })

  test('a flood of alarm events goes in several commits, and listeners see each event once', async () => {
    const { group, sent, seen, answer, nextTurn } = setUp()
    const all = Array.from({ length: 4500 }, (_, i) => i + 1)
    const flood = group.commit({ readings: [reading(1)], events: all.map(() => draft()) })
    await nextTurn()
    for (let i = 0; i < 5; i++) await answer(DONE)
    expect((await flood).map(({ seq }) => seq)).toEqual(all)
    expect(sent.map(({ changes }) => changes.events.length)).toEqual([1000, 1000, 1000, 1000, 500])
    expect(seen.flatMap(({ events }) => events.map(({ seq }) => seq))).toEqual(all)
    expect(seen.flatMap((committed) => committed.readings)).toHaveLength(1)
  })

  test('cursors and dead letters ride on the next commit', async () => {
    const { group, cursors, sent, nextTurn, answer } = setUp()
    cursors.advance('dispatch', 3)
    cursors.advance('dispatch', 7)
    cursors.addLetter({ delivery: 'dispatch', seq: 5, time: 1, error: 'HTTP 400', item: { a: 1 } })
    const saved = group.saveCursors()
    void group.commit(only([reading(1)]))
    await nextTurn()
    expect(sent).toHaveLength(1)
    expect(sent[0]?.changes.cursors).toEqual([['dispatch', 7]])
    expect(sent[0]?.changes.letters).toHaveLength(1)
    await answer(DONE)
    await saved
    expect(cursors.unsaved).toBe(false)
  })
})

describe('a stream of single readings', () => {
  test('is gathered while every turn brings more, for a moment at most', async () => {
    const { clock, group, sent } = setUp()
    for (let turn = 0; turn < 5; turn++) {
      void group.commit(only(readings(1)))
      await clock.advance(0)
    }
    expect(sent).toHaveLength(0)
    await clock.advance(1)
    await clock.advance(0)
    expect(sent[0]?.changes.blocks.map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq])).toEqual([[1, 5]])
  })

  test('is not waited for by an alarm', async () => {
    const { clock, group, sent } = setUp()
    void group.commit(only(readings(1)))
    void group.commit(raise('a'))
    await clock.advance(0)
    expect(sent).toHaveLength(1)
  })
})

describe('a message that came twice', () => {
  test('is acknowledged with its first copy, not before', async () => {
    const { group, nextTurn, answer } = setUp()
    const order: string[] = []
    void group.commit(only(readings(1))).then(() => order.push('first'))
    await nextTurn()
    void group.commit(only([])).then(() => order.push('second'))
    await nextTurn()
    expect(order).toEqual([])
    await answer(DONE)
    expect(order).toEqual(['first', 'second'])
  })

  test('is refused with its first copy', async () => {
    const { group, refused, nextTurn, answer } = setUp()
    const first = group.commit(only(readings(1)))
    const second = group.commit(only([]))
    const both = Promise.allSettled([first, second])
    await nextTurn()
    await answer(FULL)
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(refused).toHaveLength(1)
  })

  test('has nothing to wait for when nothing is under way', async () => {
    const { group } = setUp()
    expect(await group.commit(only([]))).toEqual([])
  })
})

describe('a disk that refuses', () => {
  test('rejects readings without using up their numbers, and shows alarm events at once', async () => {
    const { group, sent, seen, nextTurn, answer } = setUp()
    const commit = group.commit({ readings: readings(2), events: [draft('a')] })
    const refused = expect(commit).rejects.toMatchObject({ failure: 'disk', events: [{ seq: 1 }] })
    await nextTurn()
    await answer(FULL)
    await refused
    expect(seen).toMatchObject([{ events: [{ seq: 1 }], readings: [] }])
    expect(group).toMatchObject({ failed: 'disk full', refused: 2, lastReadingSeq: 0 })

    const again = group.commit(only(readings(2)))
    await nextTurn()
    expect(sent[1]?.changes.events.map(({ seq }) => seq)).toEqual([1])
    expect(sent[1]?.changes.blocks[0]?.firstSeq).toBe(1)
    expect(sent[1]?.changes.points).toEqual([[0, 'pump.pressure']])
    await answer(DONE)
    await again
    expect(group).toMatchObject({ failed: null, lastReadingSeq: 2 })
    expect(seen.flatMap(({ events }) => events.map(({ seq }) => seq))).toEqual([1])
  })

  test('shows later alarm events without asking it, tries again at each tick, and keeps their order', async () => {
    const { group, log, sent, seen, nextTurn, answer } = setUp()
    group.commit(raise('a')).catch(() => {})
    await nextTurn()
    await answer(FULL)
    group.commit(raise('b')).catch(() => {})
    await nextTurn()
    expect(seen.flatMap(({ events }) => events.map(({ seq }) => seq))).toEqual([1, 2])
    await answer(FULL)
    expect(sent).toHaveLength(2)
    group.tick()
    await nextTurn()
    expect(sent).toHaveLength(3)
    expect(sent[2]?.changes.events.map(({ seq }) => seq)).toEqual([1, 2])
    await answer(DONE)
    group.tick()
    await nextTurn()
    expect(sent).toHaveLength(3)
    expect(log.lines.map(({ level }) => level)).toEqual(['error', 'info'])
  })

  test('does not hold a cursor back', async () => {
    const { group, cursors, sent, nextTurn, answer } = setUp()
    cursors.advance('dispatch', 3)
    const saved = group.saveCursors()
    await nextTurn()
    await answer(FULL)
    await saved
    group.tick()
    await nextTurn()
    expect(sent[1]?.changes.cursors).toEqual([['dispatch', 3]])
  })
})

describe('a disk that hangs', () => {
  test('lets alarm events, cursors and commands pass, but acknowledges no reading', async () => {
    const { group, cursors, clock, seen, nextTurn, answer } = setUp()
    let stored = false
    const readingsCommit = group.commit({ readings: readings(1), events: [draft('a')] }).then(() => {
      stored = true
    })
    await nextTurn()
    const command = expect(group.commit(raise('b'))).rejects.toMatchObject({ failure: 'disk', events: [{ seq: 2 }] })
    cursors.advance('dispatch', 1)
    const saved = group.saveCursors()
    await clock.advance(1001)
    group.tick()
    await Promise.all([command, saved])
    expect(seen.flatMap(({ events }) => events.map(({ seq }) => seq))).toEqual([1, 2])
    expect(group.failed).toBe('the disk has not answered for 1 s')
    expect(stored).toBe(false)
    await answer(DONE)
    await readingsCommit
    await answer(DONE)
    expect(group.failed).toBe(null)
    expect(seen.flatMap((committed) => committed.events.map(({ seq }) => seq))).toEqual([1, 2])
  })

  test('is told once when it begins, while it hangs, and once when it ends', async () => {
    const { group, clock, log, nextTurn, answer } = setUp()
    const commit = group.commit(only(readings(1)))
    await nextTurn()
    group.tick()
    expect(log.lines).toEqual([])
    for (let second = 0; second < 3; second++) {
      await clock.advance(1001)
      group.tick()
    }
    expect(log.lines).toMatchObject([{ level: 'error', facts: { reason: 'the disk has not answered for 1 s' } }])
    await answer(DONE)
    await commit
    group.tick()
    expect(log.lines).toMatchObject([
      {},
      { level: 'info', facts: { afterMs: 3003 }, message: 'the disk answers again' },
    ])
  })

  test('is given no more readings than memory may hold', async () => {
    const { group, nextTurn } = setUp(10)
    void group.commit(only(readings(5)))
    await nextTurn()
    void group.commit(only(readings(10)))
    await expect(group.commit({ readings: readings(1), events: [draft('a')] })).rejects.toMatchObject({
      failure: 'overloaded',
      events: [{ seq: 1 }],
    })
    expect(group.refused).toBe(1)
    expect(group.waitingReadings).toBe(15)
  })
})

describe('bad readings', () => {
  test('refuse their own outcome only', async () => {
    const { group, sent, nextTurn, answer } = setUp()
    const good = group.commit(only([reading(1)]))
    const bad = group.commit(only([reading(2), reading(3, { time: Number.NaN })]))
    await expect(bad).rejects.toMatchObject({ failure: 'invalid', message: expect.stringContaining('pump.pressure') })
    await nextTurn()
    expect(sent[0]?.changes.blocks.map(({ lastSeq }) => lastSeq)).toEqual([1])
    await answer(DONE)
    await good
  })
})

describe('closing', () => {
  test('waits for what is under way and what waits, then takes nothing more', async () => {
    const { group, sent, nextTurn, answer } = setUp()
    const commit = group.commit(only([reading(1)]))
    const closed = group.close()
    await expect(group.commit(only([reading(2)]))).rejects.toMatchObject({ failure: 'stopped' })
    await nextTurn()
    await answer(DONE)
    await Promise.all([commit, closed])
    expect(sent).toHaveLength(1)
  })

  test('tries once more what the disk refused, and ends', async () => {
    const { group, sent, nextTurn, answer } = setUp()
    group.commit(raise('a')).catch(() => {})
    await nextTurn()
    await answer(FULL)
    const closed = group.close()
    await nextTurn()
    await answer(FULL)
    await closed
    expect(sent).toHaveLength(2)
  })
})
