import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { MarkTable, packMarks, unpackMarks } from '../../../gateway/journal/message-marks.ts'
import { makeJournal, startJournal } from './journal-fixture.ts'
import { reading } from './journal-samples.ts'

const mark = (messageId: number) => ({ session: 0xffff_ffff, messageId, content: 4_000_000_000 - messageId })

describe('the marks of messages', () => {
  test('are kept with the readings, and those of the last commit are told apart', async () => {
    const { journal, directory } = await startJournal()
    await Promise.all([1, 2].map((id) => journal.commit({ readings: [reading(id)], events: [] }, mark(id))))
    await journal.commit({ readings: [reading(3)], events: [] }, mark(3))
    await journal.stop()
    const second = makeJournal({ directory })
    expect(await second.journal.start()).toMatchObject({ marks: [1, 2, 3].map(mark), lastMarks: [mark(3)] })
    // What was committed after them shows that the process lived on.
    await second.journal.commit({ readings: [reading(4)], events: [] })
    await second.journal.stop()
    const third = makeJournal({ directory })
    expect(await third.journal.start()).toMatchObject({ marks: [1, 2, 3].map(mark), lastMarks: [] })
  })

  test('are not kept where there was nothing to store, or it was refused', async () => {
    const { journal, directory } = await startJournal()
    await journal.commit({ readings: [], events: [] }, mark(1))
    await expect(journal.commit({ readings: [reading(1, { time: -1 })], events: [] }, mark(2))).rejects.toThrow()
    await journal.stop()
    expect((await makeJournal({ directory }).journal.start()).marks).toEqual([])
  })

  test('are whole numbers of up to 32 bits', () => {
    const marks = [mark(1), mark(65_535), { session: 0, messageId: 0, content: 0 }]
    expect(unpackMarks(packMarks(marks))).toEqual(marks)
  })

  test('go when a hundred thousand readings came after them, a few at a time', () => {
    const db = new DatabaseSync(':memory:')
    const table = new MarkTable(db)
    for (let n = 1; n <= 200; n++) table.write(n, packMarks([mark(n)]))
    table.write(100_150, packMarks([mark(1000)]))
    expect(table.read()).toHaveLength(201 - 64)
    for (let n = 1; n <= 3; n++) table.write(100_150 + n, packMarks([mark(1000)]))
    expect(table.read().map(({ lastSeq }) => lastSeq)[0]).toBe(154)
  })
})
