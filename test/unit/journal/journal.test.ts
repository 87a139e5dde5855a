import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Worker } from 'node:worker_threads'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ALARM_FILE } from '../../../gateway/journal/alarm-store.ts'
import { openDatabase } from '../../../gateway/journal/database.ts'
import { HISTORY_FILE } from '../../../gateway/journal/history-store.ts'
import { JournalError, openingError } from '../../../gateway/journal/journal-error.ts'
import type { Committed } from '../../../gateway/journal/journal-types.ts'
import { READING_FILE } from '../../../gateway/journal/reading-store.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import { makeFolder, makeJournal, PATIENT, startJournal } from './journal-fixture.ts'
import { draft, draftIn, only, raise, reading, readings, T0 } from './journal-samples.ts'

/** What is to be seen after the next periodic look of the journal at its threads. */
function afterTick<T>(clock: FakeClock, look: () => T): () => Promise<T> {
  return async () => {
    await clock.advance(1000)
    return look()
  }
}

const SET_ASIDE = 'a damaged journal file was set aside; a fresh one is used'

const seqs = (list: readonly { readonly seq: number }[]): number[] => list.map(({ seq }) => seq)

describe('a journal', () => {
  test('begins empty', async () => {
    const { journal } = makeJournal()
    const commands = { lastSeq: 0, open: [], recent: [] }
    expect(await journal.start()).toEqual({
      ...{ fromBelow: [], orders: [], lastEvents: [], dispatch: { lastSeq: 0, lastNotification: 0, events: [] } },
      lastEventSeq: 0,
      lastReadingSeq: 0,
      modes: { lastSeq: 0, on: [] },
      alarms: [],
      commands,
      marks: [],
      lastMarks: [],
      setAside: [],
    })
    expect(await journal.readings(0, 10)).toEqual([])
    expect(await journal.events(0, 10)).toEqual([])
  })

  test('gives back what it took, numbered from 1', async () => {
    const { journal } = await startJournal()
    const bad = reading(null, { point: 'yard.level', quality: 'bad', reason: 'sentinel', replayed: true })
    await journal.commit(only([reading(0.61), bad, reading('OK')]))
    expect(await journal.readings(0, 10)).toEqual([
      { seq: 1, ...reading(0.61) },
      { seq: 2, ...bad },
      { seq: 3, ...reading('OK') },
    ])
    const events = await journal.commit({ readings: [], events: [draft('a')] })
    expect(events).toEqual([{ seq: 1, id: `gw-1-${T0.toString(36)}`, gateway: 'gw', ...draft('a') }])
    expect(await journal.events(0, 10)).toEqual(events)
  })

  test('goes on after a restart with the next numbers, the alarms and the readings it had', async () => {
    const first = await startJournal()
    await first.journal.commit({ readings: readings(5), events: [draft('a'), draft('b')] })
    const returned = draft('a', { type: 'returned', previousState: 'unacknowledged' })
    await first.journal.commit({ readings: [], events: [returned] })
    await first.journal.stop()

    const { journal } = makeJournal({ directory: first.directory })
    const start = await journal.start()
    expect(start).toMatchObject({ lastEventSeq: 3, lastReadingSeq: 5, setAside: [] })
    expect(start.alarms).toEqual([draft('b').alarm, returned.alarm])
    const more = await journal.commit({ readings: readings(1), events: [draft('c')] })
    expect(seqs(more)).toEqual([4])
    expect(seqs(await journal.events(0, 10))).toEqual([1, 2, 3, 4])
    expect(seqs(await journal.events(2, 1))).toEqual([3])
    expect(seqs(await journal.readings(0, 10))).toEqual([1, 2, 3, 4, 5, 6])
    expect((await journal.readings(5, 10))[0]?.point).toBe('pump.pressure')
  })

  test('tells listeners of each commit, with the numbers, until they leave', async () => {
    const { journal } = await startJournal()
    const seen: Committed[] = []
    const leave = journal.onCommitted((committed) => seen.push(committed))
    await journal.commit(only(readings(2)))
    const events = await journal.commit({ readings: readings(1), events: [draft()] })
    expect(seen).toEqual([
      { events: [], readings: readings(2), firstReadingSeq: 1 },
      // Whoever waits for an alarm hears of it before the readings of its group are on disk.
      { events, readings: [], firstReadingSeq: 3 },
      { events: [], readings: readings(1), firstReadingSeq: 3 },
    ])
    leave()
    await journal.commit(only(readings(1)))
    expect(seen).toHaveLength(3)
  })

  test('outlives a listener that fails', async () => {
    const { journal, log } = await startJournal()
    journal.onCommitted(() => {
      throw new Error('boom')
    })
    await journal.commit(only(readings(1)))
    await journal.commit(only(readings(1)))
    expect(log.lines.filter(({ message }) => message.includes('listener'))).toHaveLength(2)
  })

  test('reads many blocks in pages without a gap or a double', async () => {
    const { journal } = await startJournal()
    for (let i = 0; i < 20; i++) await journal.commit(only(readings(137)))
    const all: number[] = []
    for (;;) {
      const page = await journal.readings(all.at(-1) ?? 0, 500)
      if (page.length === 0) break
      expect(page.length).toBeLessThanOrEqual(500)
      all.push(...seqs(page))
    }
    expect(all).toEqual(Array.from({ length: 20 * 137 }, (_, i) => i + 1))
  })

  test('reads while it writes', async () => {
    const { journal } = await startJournal()
    let acknowledged = 0
    const writing = (async () => {
      for (let i = 0; i < 200; i++) {
        await journal.commit(only(readings(50)))
        acknowledged += 50
      }
    })()
    let read = 0
    while (read < 200 * 50) {
      const known = acknowledged
      const page = await journal.readings(read, 50_000)
      expect(seqs(page)).toEqual(Array.from({ length: page.length }, (_, i) => read + 1 + i))
      read += page.length
      expect(read).toBeGreaterThanOrEqual(known)
    }
    await writing
  })

  test('takes nothing before its start and after its stop, and stops twice', async () => {
    const { journal } = makeJournal()
    await expect(journal.commit(only(readings(1)))).rejects.toMatchObject({ failure: 'stopped' })
    await journal.start()
    await Promise.all([journal.stop(), journal.stop()])
    await expect(journal.commit(only(readings(1)))).rejects.toMatchObject({ failure: 'stopped' })
  })

  test('leaves nothing behind when it is stopped while it starts', async () => {
    const { journal, directory } = makeJournal()
    const start = expect(journal.start()).rejects.toMatchObject({ failure: 'stopped' })
    await journal.stop()
    await start
    expect(await makeJournal({ directory }).journal.start()).toMatchObject({ lastEventSeq: 0 })
  })

  test('writes what waits when it is stopped', async () => {
    const { journal, directory } = await startJournal()
    const commit = journal.commit({ readings: readings(3), events: [draft()] })
    await journal.stop()
    await commit
    const again = makeJournal({ directory })
    expect(await again.journal.start()).toMatchObject({ lastEventSeq: 1, lastReadingSeq: 3 })
  })
})

describe('deliveries', () => {
  test('keep their cursor over a restart, and never move back', async () => {
    const { journal, directory } = await startJournal()
    await journal.commit({ readings: readings(9), events: [draftIn('normal')] })
    expect(await journal.registerDelivery('influx', 'readings', { fromNow: false })).toBe(0)
    expect(await journal.registerDelivery('webhook', 'alarm-events', { fromNow: true })).toBe(1)
    await journal.advance('influx', 6)
    await journal.advance('influx', 4)
    expect(await journal.cursor('influx')).toBe(6)
    expect(journal.stats().deliveries).toMatchObject([
      { id: 'influx', journal: 'readings', cursor: 6, waiting: 3 },
      { id: 'webhook', journal: 'alarm-events', cursor: 1, waiting: 0 },
    ])
    await journal.stop()

    const again = await startJournal({ directory })
    expect(await again.journal.registerDelivery('influx', 'readings', { fromNow: true })).toBe(6)
    await again.journal.retireDelivery('influx')
    await expect(again.journal.cursor('influx')).rejects.toThrow("'influx' is not registered")
    await expect(again.journal.advance('influx', 7)).rejects.toMatchObject({ failure: 'invalid' })
  })

  test('that begin now begin with the oldest alarm that goes on, also after a restart', async () => {
    const { journal, directory } = await startJournal()
    const fromNow = { fromNow: true }
    await journal.commit({ readings: readings(2), events: [draftIn('unacknowledged', 'removed')] })
    await journal.commit({ readings: [], events: [draftIn('unacknowledged', 'fire'), draftIn('normal', 'water')] })
    await journal.commit({ readings: [], events: [draftIn('unacknowledged'), draftIn('out-of-service', 'removed')] })
    await journal.commit({ readings: [], events: [draftIn('acknowledged', 'fire')] })
    expect(await journal.registerDelivery('webhook', 'alarm-events', fromNow)).toBe(3)
    expect(await journal.registerDelivery('mqtt', 'readings', fromNow)).toBe(2)
    await journal.stop()

    const again = await startJournal({ directory })
    expect(await again.journal.registerDelivery('renamed', 'alarm-events', fromNow)).toBe(3)
    await again.journal.commit({ readings: [], events: [draftIn('normal')] })
    expect(await again.journal.registerDelivery('later', 'alarm-events', fromNow)).toBe(5)
    await again.journal.commit({ readings: [], events: [draftIn('normal', 'fire')] })
    expect(await again.journal.registerDelivery('last', 'alarm-events', fromNow)).toBe(8)
  })

  test('say since when the oldest item waits', async () => {
    const { journal, clock } = await startJournal()
    await journal.registerDelivery('influx', 'readings', { fromNow: false })
    await journal.registerDelivery('webhook', 'alarm-events', { fromNow: false })
    await journal.commit({ readings: [reading(1, { receivedAt: T0 + 5 })], events: [draft('a', { time: T0 + 7 })] })
    await journal.commit({ readings: [reading(2, { receivedAt: T0 + 9 })], events: [] })
    const oldest = () => journal.stats().deliveries.map(({ oldestWaitingAt }) => oldestWaitingAt)
    await expect
      .poll(
        afterTick(clock, () => oldest()),
        PATIENT,
      )
      .toEqual([T0 + 5, T0 + 7])
    await journal.advance('influx', 1)
    await journal.advance('webhook', 1)
    await expect
      .poll(
        afterTick(clock, () => oldest()),
        PATIENT,
      )
      .toEqual([T0 + 9, null])
  })

  test('put aside what can never be accepted', async () => {
    const { journal, directory, clock } = await startJournal()
    await journal.registerDelivery('webhook', 'alarm-events', { fromNow: false })
    for (const seq of [3, 4]) {
      await journal.deadLetter({ delivery: 'webhook', seq, time: T0, error: 'HTTP 422', item: { seq, text: '水位' } })
    }
    const letter = { delivery: 'webhook', time: T0, error: 'HTTP 422' }
    const expected = [
      { id: 2, ...letter, seq: 4, item: { seq: 4, text: '水位' } },
      { id: 1, ...letter, seq: 3, item: { seq: 3, text: '水位' } },
    ]
    expect(await journal.deadLetters({ limit: 10 })).toEqual(expected)
    await expect
      .poll(
        afterTick(clock, () => journal.stats().deadLetters),
        PATIENT,
      )
      .toBe(2)
    await journal.stop()
    const again = await startJournal({ directory })
    expect(await again.journal.deadLetters({ limit: 1 })).toEqual(expected.slice(0, 1))
  })
})

describe('a disk that refuses', () => {
  /** Another program holds the file, as a person with the sqlite3 shell does. */
  function holdFile(directory: string, name: string): () => void {
    const db = new DatabaseSync(join(directory, name))
    db.exec('BEGIN IMMEDIATE')
    return () => db.close()
  }

  test('keeps alarm events in memory, shows them, and gets them when it can', async () => {
    const { journal, clock, directory } = await startJournal()
    await journal.commit({ readings: readings(1), events: [draft('a')] })
    const seen: Committed[] = []
    journal.onCommitted((committed) => seen.push(committed))
    const release = holdFile(directory, 'alarms.sqlite')
    await expect(journal.commit({ readings: readings(2), events: [draft('b')] })).rejects.toMatchObject({
      failure: 'disk',
      message: expect.stringContaining('alarms.sqlite'),
      events: [{ seq: 2 }],
    })
    await expect(journal.commit(raise('c'))).rejects.toMatchObject({ events: [{ seq: 3 }] })
    expect(seqs(seen.flatMap(({ events }) => events))).toEqual([2, 3])
    expect(seen.flatMap((committed) => committed.readings)).toEqual([])
    expect(seqs(await journal.events(1, 10))).toEqual([2, 3])
    expect(journal.stats()).toMatchObject({ unsavedEvents: 2, refused: 2, lastReadingSeq: 1, lastEventSeq: 3 })
    expect(journal.stats().failed).toContain('locked')

    release()
    await expect
      .poll(
        afterTick(clock, () => journal.stats().unsavedEvents),
        PATIENT,
      )
      .toBe(0)
    expect(journal.stats().failed).toBe(null)
    await journal.commit({ readings: readings(2), events: [draft('d')] })
    expect(seqs(seen.flatMap(({ events }) => events))).toEqual([2, 3, 4])
    await journal.stop()
    const again = makeJournal({ directory })
    expect(await again.journal.start()).toMatchObject({ lastEventSeq: 4, lastReadingSeq: 3 })
    expect(seqs(await again.journal.events(0, 10))).toEqual([1, 2, 3, 4])
  })

  test('refuses readings only, when only their file is in trouble', async () => {
    const { journal, directory } = await startJournal()
    const release = holdFile(directory, 'readings.sqlite')
    await expect(journal.commit({ readings: readings(2), events: [draft('a')] })).rejects.toMatchObject({
      failure: 'disk',
      message: expect.stringContaining('readings.sqlite'),
    })
    expect(await journal.commit(raise('b'))).toMatchObject([{ seq: 2 }])
    release()
    await journal.commit(only(readings(2)))
    expect(seqs(await journal.readings(0, 10))).toEqual([1, 2])
    expect(journal.stats()).toMatchObject({ failed: null, unsavedEvents: 0, refused: 2 })
  })

  test('is full: readings are refused, alarms go on, and delivered readings make room again', async () => {
    const { journal, clock } = await startJournal({ maxReadingPages: 60 })
    await journal.registerDelivery('influx', 'readings', { fromNow: false })
    const noise = () => only(readings(500, () => ({ value: Math.random() })))
    let refusal: unknown = null
    for (let i = 0; i < 100 && refusal === null; i++) {
      await journal.commit(noise()).catch((error: unknown) => {
        refusal = error
      })
    }
    expect(refusal).toMatchObject({ failure: 'disk', message: expect.stringContaining('full') })
    expect(journal.stats().failed).toContain('readings.sqlite')
    expect(await journal.commit(raise('a'))).toMatchObject([{ seq: 1 }])
    const { lastReadingSeq } = journal.stats()
    expect(lastReadingSeq).toBeGreaterThan(1000)
    expect(seqs(await journal.readings(0, 50_000))).toEqual(Array.from({ length: lastReadingSeq }, (_, i) => i + 1))

    await journal.advance('influx', lastReadingSeq)
    const retry = async () => {
      await clock.advance(10_000)
      return journal.commit(noise()).then(
        () => 'written',
        () => 'refused',
      )
    }
    await expect.poll(retry, PATIENT).toBe('written')
    expect(journal.stats().failed).toBe(null)
    expect(seqs(await journal.readings(lastReadingSeq, 1))).toEqual([lastReadingSeq + 1])
  })
})

/** The threads that journals make from now on, in the order writer, history. */
function watchThreads(): Worker[] {
  const threads: Worker[] = []
  const note = (thread: Worker) => threads.push(thread)
  process.on('worker', note)
  onTestFinished(() => {
    process.off('worker', note)
  })
  return threads
}

describe('a thread that ends', () => {
  test.each([
    ['writer', 0],
    ['history', 1],
  ])('%s is started again, and nothing acknowledged or raised is lost', async (_name, which) => {
    const threads = watchThreads()
    const { journal, clock, log, directory } = await startJournal()
    await journal.registerDelivery('influx', 'readings', { fromNow: false })
    await journal.commit({ readings: readings(3), events: [draft('a')] })
    await journal.advance('influx', 2)
    await threads[which]?.terminate()
    const meanwhile = journal.commit({ readings: readings(1), events: [draft('b')] }).catch(() => 'refused')
    if (which === 0) expect(await meanwhile).toBe('refused')
    await meanwhile
    expect(seqs(await journal.events(1, 10))).toEqual([2])
    expect(journal.stats().failed).toContain('thread')

    await expect
      .poll(
        afterTick(clock, () => journal.stats().failed),
        PATIENT,
      )
      .toBe(null)
    await expect
      .poll(
        afterTick(clock, () => journal.stats().unsavedEvents),
        PATIENT,
      )
      .toBe(0)
    await journal.commit({ readings: readings(1), events: [draft('c')] })
    const count = journal.stats().lastReadingSeq
    expect(seqs(await journal.readings(0, 10))).toEqual(tail(1, count))
    expect(seqs(await journal.events(0, 10))).toEqual([1, 2, 3])
    expect(await journal.cursor('influx')).toBe(2)
    expect(log.lines.filter(({ message }) => message.includes('started again'))).toHaveLength(1)
    await journal.stop()
    const start = await makeJournal({ directory }).journal.start()
    expect(start).toMatchObject({ lastEventSeq: 3, lastReadingSeq: count, setAside: [] })
  })
})

test('a file that is found damaged when a thread is started again costs no cursor', async () => {
  const threads = watchThreads()
  const { journal, clock, log, directory } = await startJournal()
  await journal.registerDelivery('influx', 'readings', { fromNow: false })
  await journal.commit({ readings: readings(3), events: [draft('a')] })
  await journal.advance('influx', 2)
  await Promise.all(threads.map((thread) => thread.terminate()))
  for (const suffix of ['', '-wal', '-shm']) writeFileSync(join(directory, `alarms.sqlite${suffix}`), 'x'.repeat(5000))
  await expect
    .poll(
      afterTick(clock, () => journal.stats().failed),
      PATIENT,
    )
    .toBe(null)
  expect(log.lines.map(({ message }) => message)).toContain(SET_ASIDE)
  expect(journal.stats().setAside).toMatchObject([{ file: 'alarms.sqlite' }])
  expect(seqs(await journal.commit(raise('b')))).toEqual([2])
  await journal.advance('influx', 3)
  await journal.stop()
  const again = await startJournal({ directory })
  expect(await again.journal.cursor('influx')).toBe(3)
})

describe('readings that are no longer needed', () => {
  test('go when every delivery and the history have passed them', async () => {
    const { journal, clock } = await startJournal()
    await journal.registerDelivery('influx', 'readings', { fromNow: false })
    for (let i = 0; i < 5; i++) await journal.commit(only(readings(100)))
    const stored = async () => {
      // Past the age at which the history writes what it has.
      await clock.advance(400_000)
      await journal.commit(only([reading(1)]))
      return journal.stats().storedReadings
    }
    for (let i = 0; i < 3; i++) expect(await stored()).toBeGreaterThanOrEqual(500)
    await journal.advance('influx', 300)
    await expect.poll(stored, PATIENT).toBeLessThan(300)
    expect((await journal.readings(0, 1))[0]?.seq).toBe(301)
    expect(journal.stats().dropped).toBe(0)
  })

  test('go although they are needed when there are too many, and every one is counted', async () => {
    const { journal, clock, directory } = await startJournal({ maxReadings: 1000 })
    await journal.registerDelivery('influx', 'readings', { fromNow: false })
    await journal.registerDelivery('mqtt', 'readings', { fromNow: false })
    for (let i = 0; i < 10; i++) await journal.commit(only(readings(100)))
    await journal.advance('mqtt', 450)
    for (let i = 0; i < 5; i++) await journal.commit(only(readings(100)))
    const state = async () => {
      await clock.advance(1000)
      const { dropped, storedReadings, deliveries } = journal.stats()
      return { dropped, storedReadings, deliveries: deliveries.map((delivery) => [delivery.id, delivery.dropped]) }
    }
    const expected = {
      dropped: 500,
      storedReadings: 1000,
      deliveries: [
        ['influx', 500],
        ['mqtt', 50],
      ],
    }
    await expect.poll(state, PATIENT).toEqual(expected)
    expect((await journal.readings(0, 1))[0]?.seq).toBe(501)
    await journal.stop()
    const again = await startJournal({ directory, maxReadings: 1000 })
    await expect
      .poll(
        afterTick(again.clock, () => again.journal.stats().dropped),
        PATIENT,
      )
      .toBe(500)
  })

  test('leave their number behind', async () => {
    const { journal, clock, directory } = await startJournal()
    for (let i = 0; i < 3; i++) await journal.commit(only(readings(10)))
    const stored = async () => {
      await clock.advance(400_000)
      await journal.commit(only([reading(1)]))
      return journal.stats().storedReadings
    }
    await expect.poll(stored, PATIENT).toBeLessThan(10)
    const { lastReadingSeq } = journal.stats()
    await journal.stop()
    const again = makeJournal({ directory })
    expect((await again.journal.start()).lastReadingSeq).toBe(lastReadingSeq)
  })
})

describe('a block that the disk gives back changed', () => {
  test('is passed over and counted, and what follows is read', async () => {
    const { journal, clock, directory } = await startJournal()
    for (let i = 0; i < 3; i++) await journal.commit(only(readings(10, () => ({ value: Math.random() }))))
    await journal.stop()
    const db = new DatabaseSync(join(directory, 'readings.sqlite'))
    const middle = db.prepare('SELECT bytes FROM block WHERE first_seq = 11').get()?.bytes as Uint8Array
    middle[40] = (middle[40] ?? 0) ^ 1
    db.prepare('UPDATE block SET bytes = ? WHERE first_seq = 11').run(middle)
    db.close()

    const again = await startJournal({ directory })
    expect(seqs(await again.journal.readings(0, 100))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...tail(21, 30)])
    await expect
      .poll(
        afterTick(again.clock, () => again.journal.stats().damaged),
        PATIENT,
      )
      .toBe(1)
    expect(clock.pending).toBe(0)
  })
})

function tail(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

describe('files', () => {
  test.each(['alarms.sqlite', 'readings.sqlite', 'history.sqlite'])(
    '%s is set aside when it is damaged',
    async (file) => {
      const { journal, directory } = await startJournal()
      await journal.registerDelivery('influx', 'readings', { fromNow: false })
      await journal.commit({ readings: readings(10), events: [draft()] })
      await journal.advance('influx', 4)
      await journal.stop()
      const garbage = Buffer.alloc(8192, 'not a database ')
      writeFileSync(join(directory, file), garbage)

      const again = makeJournal({ directory })
      const start = await again.journal.start()
      expect(start.setAside).toMatchObject([{ file, movedTo: expect.stringMatching(/damaged-20\d{6}T\d{6}\.\d{3}Z$/) }])
      expect(readFileSync(start.setAside[0]?.movedTo ?? '')).toEqual(garbage)
      expect(again.journal.stats().setAside).toEqual(start.setAside)
      expect(again.log.lines).toMatchObject([{ level: 'error', message: SET_ASIDE, facts: { file } }])
      // Numbers that receivers and cursors know are not given a second time.
      expect(start.lastEventSeq).toBe(1)
      expect(start.lastReadingSeq).toBe(file === 'readings.sqlite' ? 4 : 10)
      expect(seqs(await again.journal.commit({ readings: readings(1), events: [draft()] }))).toEqual([2])
      const cursor = await again.journal.registerDelivery('influx', 'readings', { fromNow: true })
      expect(cursor).toBe(file === 'alarms.sqlite' ? 0 : 4)
      const next = file === 'readings.sqlite' ? [5] : tail(cursor + 1, 11)
      expect(seqs(await again.journal.readings(cursor, 100))).toEqual(next)
      await again.journal.stop()
      expect((await startJournal({ directory })).journal.stats().lastEventSeq).toBe(2)
    },
  )

  test('of other programs are set aside too', async () => {
    const { journal, directory } = await startJournal()
    await journal.stop()
    for (const name of ['history.sqlite', 'history.sqlite-wal']) writeFileSync(join(directory, name), '')
    const other = new DatabaseSync(join(directory, 'history.sqlite'))
    other.exec('CREATE TABLE chunk (a)')
    other.close()
    const start = await makeJournal({ directory }).journal.start()
    expect(start.setAside).toMatchObject([{ file: 'history.sqlite', reason: 'not a file of Outpost' }])
  })

  test.each([
    ['alarms.sqlite', 7],
    ['readings.sqlite', 1],
    ['history.sqlite', 1],
  ])('%s of a newer version is left alone', async (file, version) => {
    const { journal, directory } = await startJournal()
    await journal.stop()
    const db = new DatabaseSync(join(directory, file))
    db.exec('PRAGMA user_version = 99')
    db.close()
    await expect(makeJournal({ directory }).journal.start()).rejects.toMatchObject({
      failure: 'newer',
      message: expect.stringContaining(`format 99; this one knows up to ${version}`),
    })
    expect(readdirSync(directory).filter((name) => name.includes('damaged'))).toEqual([])
  })

  test('belong to one gateway at a time', async () => {
    const { journal, directory } = await startJournal()
    await expect(makeJournal({ directory }).journal.start()).rejects.toMatchObject({
      failure: 'locked',
      message: expect.stringContaining(`this very process (${process.pid})`),
    })
    await journal.commit(only(readings(1)))
    await journal.stop()
    expect(await makeJournal({ directory }).journal.start()).toMatchObject({ lastReadingSeq: 1 })
  })

  test('that cannot be made are named', async () => {
    const { directory } = makeJournal()
    writeFileSync(join(directory, 'file'), '')
    const below = join(directory, 'file', 'data')
    await expect(makeJournal({ directory: below }).journal.start()).rejects.toMatchObject({
      failure: 'disk',
      message: expect.stringMatching(/^the data directory .*data cannot be used: .*; check that it can be written/),
    })
  })

  test('on a full disk are named with what to do', () => {
    const error = openingError('/data', new JournalError('disk', 'database or disk is full'))
    expect(error).toMatchObject({
      failure: 'disk',
      message:
        'the data directory /data cannot be used: database or disk is full; ' +
        'delete what is not needed on this disk, but nothing in this directory, or use a larger one',
    })
  })

  test.each([ALARM_FILE, READING_FILE, HISTORY_FILE])(
    '$name is read from end to end only while that is quick',
    (file) => {
      const directory = makeFolder()
      const path = join(directory, file.name)
      const { db } = openDatabase(directory, file, { wall: T0 })
      const page = db.prepare("SELECT max(rootpage) AS page FROM sqlite_schema WHERE type = 'table'").get()?.page
      db.close()
      const bytes = readFileSync(path)
      writeFileSync(path, bytes.fill(0xff, (Number(page) - 1) * 4096, Number(page) * 4096))
      // The hole at the end takes no room on the disk.
      truncateSync(path, file.checkUpTo + 1)
      const large = openDatabase(directory, file, { wall: T0 })
      large.db.close()
      expect(large.setAside).toBe(null)
      truncateSync(path, bytes.length)
      const small = openDatabase(directory, file, { wall: T0 })
      small.db.close()
      expect(small.setAside).toMatchObject({ file: file.name })
    },
  )

  test('that are older than a cursor give no number that the cursor has passed', async () => {
    const { journal, directory } = await startJournal()
    await journal.registerDelivery('dispatch', 'alarm-events', { fromNow: false })
    await journal.commit(raise('a', 'b'))
    await journal.stop()
    const db = new DatabaseSync(join(directory, 'alarms.sqlite'))
    db.exec("UPDATE delivery SET cursor = 7 WHERE id = 'dispatch'")
    db.close()
    const again = await startJournal({ directory })
    expect(seqs(await again.journal.commit(raise('c')))).toEqual([8])
    expect(seqs(await again.journal.events(7, 10))).toEqual([8])
  })
})
