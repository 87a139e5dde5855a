import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SessionStore } from '../../../../broker/store/session-store.ts'
import type { StoreChange } from '../../../../broker/store/store-change.ts'
import { StoreFile } from '../../../../broker/store/store-file.ts'
import { DEFAULT_STORE_LIMITS } from '../../../../broker/store/store-limits.ts'
import type { ClientRef, StoredPacket } from '../../../../broker/store/stored-packet.ts'
import { startBroker, storePath } from '../../../support/running-broker.ts'

const LARGE = 2 ** 30

function withFile<T>(path: string, work: (file: StoreFile) => T, maxBytes = LARGE): T {
  const file = StoreFile.open({ path, maxBytes, wall: Date.UTC(2026, 0, 2, 3, 4, 5) })
  try {
    return work(file)
  } finally {
    file.close()
  }
}

const queued = (number: number, payload: Uint8Array | string): StoreChange => ({
  ...{ type: 'queued', client: 'reader', number, qos: 1, retain: false, topic: 'site/level' },
  payload,
})

describe('a file of the broker', () => {
  test('that is no database is set aside whole, and a new one is made', () => {
    const path = storePath()
    writeFileSync(path, 'not a database, but 张伟 may want it back'.repeat(100))
    withFile(path, (file) => {
      const movedTo = `${path}.damaged-20260102T030405.000Z`
      expect(file.setAside).toEqual({ file: path, movedTo, reason: 'file is not a database' })
      expect(readFileSync(movedTo, 'utf8')).toContain('张伟')
      file.write([queued(1, 'x')])
      expect(file.read()).toHaveLength(1)
    })
  })

  test('with a damaged page is set aside, a second one under a name of its own', () => {
    const path = storePath()
    for (const movedTo of [`${path}.damaged-20260102T030405.000Z`, `${path}.damaged-20260102T030405.000Z-2`]) {
      withFile(path, (file) => file.write(Array.from({ length: 200 }, (_, n) => queued(n, 'x'.repeat(1000)))))
      const bytes = readFileSync(path)
      bytes.fill(0xa5, 4096 * 20, 4096 * 24)
      writeFileSync(path, bytes)
      withFile(path, (file) => {
        expect(file.setAside).toMatchObject({ movedTo, reason: expect.stringMatching(/malformed|check failed/) })
        expect(file.read()).toEqual([])
      })
      expect(existsSync(movedTo)).toBe(true)
    }
  })

  test('of somebody else stops the start and stays as it is', () => {
    const path = storePath()
    const other = new DatabaseSync(path)
    other.exec('CREATE TABLE recipe (name TEXT)')
    other.close()
    const open = () => withFile(path, () => {})
    expect(open).toThrow(`${path}: it is a database of something else: give the broker a file of its own`)
    expect(existsSync(path)).toBe(true)
  })

  test('of a newer version stops the start, says what to do, and stays as it is', async () => {
    const path = storePath()
    withFile(path, (file) => file.write([queued(1, 'x')]))
    const newer = new DatabaseSync(path)
    newer.exec('PRAGMA user_version = 7')
    newer.close()
    await expect(startBroker({ persistence: { type: 'file', path } })).rejects.toThrow(
      `${path}: it was written by a newer Outpost (format 7; this one knows up to 1): install that version again`,
    )
    const kept = new DatabaseSync(path)
    expect(kept.prepare('SELECT count(*) AS n FROM outgoing').get()).toEqual({ n: 1 })
    kept.close()
  })

  test('belongs to one broker at a time', async () => {
    const path = storePath()
    const { broker } = await startBroker({ persistence: { type: 'file', path } })
    const second = () => startBroker({ persistence: { type: 'file', path } })
    await expect(second()).rejects.toThrow(`${path} is in use by another process: give each broker a file of its own`)
    await broker.stop()
    await second()
  })

  test('that cannot be made says where and why', async () => {
    const path = `${storePath()}/below/a/file.sqlite`
    writeFileSync(dirname(dirname(dirname(path))), 'a file')
    await expect(startBroker({ persistence: { type: 'file', path } })).rejects.toThrow(`${path} cannot be opened: `)
  })

  test('does not grow beyond its bound, and a write that does not fit changes nothing', () => {
    withFile(
      storePath(),
      (file) => {
        file.write([queued(1, 'first')])
        const many = Array.from({ length: 300 }, (_, n) => queued(n + 2, 'x'.repeat(1000)))
        expect(() => file.write(many)).toThrow('full')
        expect(file.read()).toHaveLength(1)
        expect(file.bytes()).toBeLessThanOrEqual(100_000)
      },
      100_000,
    )
  })
})

describe('what is in memory', () => {
  /** Everything that aedes and the broker do with the store, as commands of a random client. */
  const client = fc.constantFrom('a', 'b', '张伟')
  const topic = fc.constantFrom('x', 'x/y', 'z')
  const filter = fc.constantFrom('#', 'x/#', '+', 'x/y')
  const qos = fc.constantFrom(1, 2)
  const messageId = fc.integer({ min: 1, max: 5 })
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.string({ maxLength: 5 }).map((text) => Buffer.from(text)),
  )
  const command = fc.oneof(
    fc.record({ type: fc.constant('open' as const), client }),
    fc.record({ type: fc.constant('subscribe' as const), client, filter, qos: fc.constantFrom(0, 1, 2) }),
    fc.record({ type: fc.constant('unsubscribe' as const), client, filter }),
    fc.record({ type: fc.constant('publish' as const), client, topic, qos, messageId, payload, retain: fc.boolean() }),
    fc.record({ type: fc.constant('deliver' as const), client, messageId }),
    fc.record({ type: fc.constant('pubrec' as const), client, messageId }),
    fc.record({ type: fc.constant('ack' as const), client, messageId }),
    fc.record({ type: fc.constant('pubrel' as const), client, messageId }),
    fc.record({ type: fc.constant('clean' as const), client }),
    fc.record({ type: fc.constant('will' as const), client, topic, payload }),
    fc.record({ type: fc.constant('no-will' as const), client }),
    fc.record({ type: fc.constant('left' as const), client }),
  )
  type Command = typeof command extends fc.Arbitrary<infer C> ? C : never

  test('is in the file, whatever happened, and comes back from there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
        const path = storePath()
        const changes: StoreChange[] = []
        const clock = { now: () => ({ wall: 1_700_000_000_000, mono: 0 }) }
        const limits = { ...DEFAULT_STORE_LIMITS, maxSessions: 2, maxQueuedPerSession: 3 }
        const note = (change: StoreChange): void => void changes.push(structuredClone(change))
        const store = new SessionStore({ limits, clock, saving: { note, saved: () => Promise.resolve() } })
        await store.setup({ id: 'this run', counter: 0 })
        for (const one of commands) await perform(store, one)
        withFile(path, (file) => file.write(changes))
        const held = withFile(path, (file) => file.read())
        const again = new SessionStore({ limits, clock })
        again.restore(held)
        expect(plain(again.snapshot())).toEqual(plain(store.snapshot()))
        expect(again.stats()).toMatchObject({ ...store.stats(), dropped: {} })
      }),
      { numRuns: 60 },
    )
  })

  let counter = 0
  async function perform(store: SessionStore, command: Command): Promise<void> {
    const client: ClientRef = { id: command.client, clean: false }
    const named = { messageId: 'messageId' in command ? command.messageId : 0 }
    switch (command.type) {
      case 'open':
        store.open(client)
        return
      case 'left':
        return store.left(client.id)
      case 'subscribe':
        return await store.addSubscriptions(client, [{ topic: command.filter, qos: command.qos }])
      case 'unsubscribe':
        return await store.removeSubscriptions(client, [command.filter])
      case 'publish': {
        store.open(client)
        const { topic, qos, payload, retain } = command
        const packet = { cmd: 'publish', topic, qos, retain, dup: false, payload: Buffer.from(payload), ...named }
        if (store.keeps(client, packet)) await store.accept(client, packet)
        const inside = { ...packet, brokerId: 'this run', brokerCounter: ++counter }
        return await store.outgoingEnqueueCombi(await store.subscriptionsByTopic(topic), inside)
      }
      case 'deliver':
        for await (const packet of store.outgoingStream(client) as AsyncIterable<StoredPacket>) {
          if (packet.messageId === undefined) return await store.outgoingUpdate(client, { ...packet, ...named })
        }
        return
      case 'pubrec':
        return await store.outgoingUpdate(client, { cmd: 'pubrel', ...named } as StoredPacket)
      case 'ack':
        return void (await store.outgoingClearMessageId(client, named))
      case 'pubrel':
        return await store.incomingDelPacket(client, named).catch(() => {})
      case 'clean':
        await store.cleanSubscriptions(client)
        return await store.cleanIncoming(client)
      case 'will': {
        const { topic, payload } = command
        return await store.putWill(client, { topic, payload: Buffer.from(payload), qos: 1, retain: false })
      }
      case 'no-will':
        return void (await store.delWill(client))
    }
  }

  /** Without the order of what has none. */
  function plain(changes: Iterable<StoreChange>): readonly string[] {
    return [...changes].map((change) => JSON.stringify(change)).toSorted()
  }
})
