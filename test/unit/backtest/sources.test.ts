/** Where recorded readings come from: a journal that is being written, and CSV files of every shape. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readCsv } from '../../../gateway/backtest/csv-file.ts'
import { readLocalStore } from '../../../gateway/backtest/local-store.ts'
import { readPastAlarms } from '../../../gateway/backtest/past-alarms.ts'
import type { RecordedReading, RecordedReadings } from '../../../gateway/backtest/recorded-reading.ts'
import { startJournal } from '../journal/journal-fixture.ts'
import { T0 } from '../journal/journal-samples.ts'
import { levelOf, limitRule, simpleDevice } from '../pipeline/devices.ts'
import { Story } from '../pipeline/story.ts'

const ALL = { wanted: () => true }
const EVER = { from: 0, to: Number.MAX_SAFE_INTEGER }

async function all(readings: RecordedReadings): Promise<RecordedReading[]> {
  const found: RecordedReading[] = []
  for await (const batch of readings) found.push(...batch)
  return found
}

describe('the local store', () => {
  test('gives everything once and in order, beside a running gateway and after it', async () => {
    const { journal, directory, clock } = await startJournal()
    const expected: [string, number][] = []
    for (let i = 0; i < 1500; i++) {
      const readings = ['a.x', 'b.y'].map((point, k) => {
        const time = T0 + i * 1000 + k * 400
        expected.push([point, time])
        return { point, time, receivedAt: time, value: i, quality: 'good' as const }
      })
      await journal.commit({ readings, events: [] })
      if (i === 700) await clock.advance(1000)
    }
    const span = { from: T0 + 100_000, to: T0 + 1_400_000 }
    const inSpan = expected.filter(([, time]) => time >= span.from && time < span.to).sort((a, b) => a[1] - b[1])
    const read = () => [...readLocalStore(directory, span, ALL)].flat().map(({ point, time }) => [point, time])
    expect(read()).toEqual(inSpan)
    await journal.stop()
    expect(read()).toEqual(inSpan)
    const some = [...readLocalStore(directory, span, { wanted: (point) => point === 'b.y' })].flat()
    expect(some).toHaveLength(inSpan.length / 2)
    expect(some[0]).toEqual({ point: 'b.y', time: T0 + 100_400, value: 100, quality: 'good' })
  })

  test('that is not there says what to do', () => {
    expect(() => [...readLocalStore('/nowhere', EVER, ALL)]).toThrow(/--data takes the dataDirectory/)
    expect(readPastAlarms('/nowhere', EVER, ALL)).toBeNull()
  })

  test('knows the alarms that were', async () => {
    const { journal, directory } = await startJournal()
    const story = new Story([simpleDevice((point) => limitRule(point, [levelOf('high')]))])
    story.values('d', { x: 2 }).pass(5).values('d', { x: 0 }).pass(5).values('d', { x: 3 })
    for (const event of story.events) await journal.commit({ readings: [], events: [event] })
    const past = readPastAlarms(directory, EVER, ALL)
    expect(
      past?.map(({ alarm, raisedAt, returnedAt }) => [alarm, returnedAt === null ? null : returnedAt - raisedAt]),
    ).toEqual([
      ['d.limit', 5000],
      ['d.limit', null],
    ])
    expect(readPastAlarms(directory, EVER, { wanted: () => false })).toEqual([])
  })
})

describe('CSV', () => {
  const folder = () => {
    const made = mkdtempSync(join(tmpdir(), 'outpost-csv-'))
    onTestFinished(() => rmSync(made, { recursive: true, force: true }))
    return made
  }
  const read = (text: string, span = EVER) => {
    const file = join(folder(), 'readings.csv')
    writeFileSync(file, text)
    return all(readCsv(file, span, ALL))
  }

  test('times of both forms, texts, quotes, absent values and further columns', async () => {
    const readings = await read(
      '\uFEFFtime,point,value,who,quality,reason\r\n' +
        '1000.5,a.x,1.5,me,,\r\n' +
        '1970-01-01T00:00:02Z,a.x,,me,,\r\n' +
        '\r\n' +
        '3000,a.t,"say ""no"", then go",me,good,\r\n' +
        '4000,a.x,7,me,bad,out-of-range\r\n' +
        '5000,a.on,true,me,,',
    )
    expect(readings).toEqual([
      { point: 'a.x', time: 1000.5, value: 1.5, quality: 'good' },
      { point: 'a.x', time: 2000, value: null, quality: 'bad', reason: 'communication-failure' },
      { point: 'a.t', time: 3000, value: 'say "no", then go', quality: 'good' },
      { point: 'a.x', time: 4000, value: 7, quality: 'bad', reason: 'out-of-range' },
      { point: 'a.on', time: 5000, value: 1, quality: 'good' },
    ])
  })

  test('only what lies in the span', async () => {
    const rows = [1, 2, 3].map((second) => `${second}000,a.x,${second}`)
    const readings = await read(`time,point,value\n${rows.join('\n')}`, { from: 2000, to: 3000 })
    expect(readings.map(({ value }) => value)).toEqual([2])
  })

  test.each([
    ['', /expected a first line with time, point, value; got an empty file/],
    ['time,value\n1,2', /:1: expected the columns .*; point is missing, got time, value/],
    ['time,point,value\nsoon,a.x,1', /:2: expected a time .*, got "soon"/],
    ['time,point,value\n1,ax,1', /:2: expected a point as deviceId.pointId, got "ax"/],
    ['time,point,value\n2,a.x,1\n1,a.x,1', /:3: .*sort the file by time/],
    ['time,point,value,quality\n1,a.x,1,fine', /expected quality to be good, uncertain, bad, got "fine"/],
    ['time,point,value,quality,reason\n1,a.x,1,bad,tired', /expected reason to be one of .*, got "tired"/],
    ['time,point,value\n1,a.x,"1', /expected a closing quote/],
  ])('%j says what is wrong and where', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message)
  })

  test('a file that is not there', async () => {
    await expect(all(readCsv('/nowhere/readings.csv', EVER, ALL))).rejects.toThrow(/cannot be read: ENOENT/)
  })
})
