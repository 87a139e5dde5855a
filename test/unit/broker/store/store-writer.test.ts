import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { StoreChange } from '../../../../broker/store/store-change.ts'
import { StoreWriter } from '../../../../broker/store/store-writer.ts'
import { createMemoryLog } from '../../../support/memory-log.ts'
import { storePath } from '../../../support/running-broker.ts'
import { heldByFile } from '../../../support/store-file.ts'

const retained = (topic: string, payload = ''): StoreChange => ({ type: 'retained', topic, qos: 0, payload })

async function openWriter({ maxBytes = 2 ** 30, whole = [] as StoreChange[] } = {}) {
  const path = storePath()
  const log = createMemoryLog()
  const writer = new StoreWriter({ path, maxBytes, snapshot: () => whole, log })
  onTestFinished(() => writer.close(1000))
  expect(await writer.open()).toEqual([])
  return { writer, path, log }
}

const topics = (path: string) => heldByFile(path).map((change) => ('topic' in change ? change.topic : ''))

describe('the writer of the store', () => {
  test('brings what nobody waits for to disk by itself', async () => {
    const { writer, path } = await openWriter()
    writer.note(retained('a'))
    await expect.poll(() => topics(path)).toEqual(['a'])
  })

  test('lets everyone who waits at the same time share a commit', async () => {
    const { writer, path } = await openWriter()
    const waiting = Array.from({ length: 100 }, (_, n) => {
      writer.note(retained(`topic ${n}`))
      return writer.saved()
    })
    expect(new Set(waiting).size).toBe(1)
    await Promise.all(waiting)
    expect(topics(path)).toHaveLength(100)
    // Nothing is left to wait for.
    await writer.saved()
  })

  test('writes what came last when it is closed, and takes nothing more', async () => {
    const { writer, path } = await openWriter()
    writer.note(retained('a'))
    await writer.close(5000)
    writer.note(retained('b'))
    await expect(writer.saved()).rejects.toThrow('stopping')
    expect(topics(path)).toEqual(['a'])
  })

  test('that fails says so once, acknowledges nothing, and writes the whole when it can again', async () => {
    const whole: StoreChange[] = [retained('kept')]
    const { writer, path, log } = await openWriter({ maxBytes: 200_000, whole })
    const tooMuch = 'x'.repeat(300_000)
    writer.note(retained('large', tooMuch))
    await expect(writer.saved()).rejects.toThrow('full')
    expect(writer.stats().failed).toContain('full')
    whole.push(retained('large', tooMuch))
    writer.note(retained('also'))
    // The next attempt is a second away, and waits for nobody.
    await expect(writer.saved()).rejects.toThrow('full')
    whole.pop()
    whole.push(retained('also'))
    writer.note(retained('also'))
    await writer.saved()
    expect(writer.stats().failed).toBeNull()
    expect(topics(path)).toEqual(['also', 'kept'])
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
      ['error', 'the broker store cannot write: what it should keep is not acknowledged'],
      ['info', 'the broker store writes again'],
    ])
  })

  test('sets a damaged file aside, and writes the whole to a new one', async () => {
    const whole: StoreChange[] = [retained('kept')]
    const { writer, path, log } = await openWriter({ maxBytes: 200_000, whole })
    writer.note(retained('large', 'x'.repeat(300_000)))
    await expect(writer.saved()).rejects.toThrow('full')
    // Another file in its place: what the writer has open would mend its own with its last breath.
    for (const suffix of ['', '-wal']) rmSync(path + suffix)
    writeFileSync(path, 'x'.repeat(50_000))
    await writer.saved()
    expect(topics(path)).toEqual(['kept'])
    const { failed, setAside } = writer.stats()
    expect({ failed, setAside }).toMatchObject({
      failed: null,
      setAside: [{ file: path, movedTo: expect.any(String) }],
    })
    expect(readFileSync(setAside[0]?.movedTo ?? '', 'utf8')).toContain('xxxx')
    expect(log.lines.map(({ message }) => message)).toContain(
      'a damaged file of the broker was set aside; a new one is used',
    )
  })
})
