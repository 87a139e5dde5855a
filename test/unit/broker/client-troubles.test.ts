import { describe, expect, test } from 'vitest'
import { ClientTroubles } from '../../../broker/client-troubles.ts'
import { createMemoryLog } from '../../support/memory-log.ts'

const MINUTE = 60_000
const trouble = { address: '10.0.0.7', clientId: 'tag', reason: 'authentication', detail: 'bad password' } as const

describe('troubles of clients', () => {
  test('are logged when they begin, when their reason is new, and when they come back after ten quiet minutes', () => {
    const log = createMemoryLog()
    const troubles = new ClientTroubles(log)
    for (let n = 0; n < 5; n++) troubles.record(trouble, n * MINUTE)
    expect(log.lines).toHaveLength(1)
    troubles.record({ ...trouble, reason: 'topic' }, 5 * MINUTE)
    troubles.record({ ...trouble, address: '10.0.0.8' }, 5 * MINUTE)
    expect(log.lines).toHaveLength(3)
    troubles.record(trouble, 15 * MINUTE)
    expect(log.lines).toHaveLength(4)
    expect(log.lines[3]?.facts).toMatchObject({ ...trouble, unreportedBefore: 4 })
    expect(troubles.counts()).toEqual({ authentication: 7, topic: 1 })
  })

  test('that never end are said again once an hour, with their number', () => {
    const log = createMemoryLog()
    const troubles = new ClientTroubles(log)
    for (let minute = 0; minute <= 130; minute++) troubles.record(trouble, minute * MINUTE)
    expect(log.lines.map(({ facts }) => facts.unreportedBefore)).toEqual([0, 60, 60])
  })

  test('of very many addresses are remembered only for the latest thousand', () => {
    const log = createMemoryLog()
    const troubles = new ClientTroubles(log)
    for (let n = 0; n <= 1000; n++) troubles.record({ ...trouble, address: `10.0.${n}` }, n)
    troubles.record({ ...trouble, address: '10.0.1000' }, 2000)
    expect(log.lines).toHaveLength(1001)
    troubles.record({ ...trouble, address: '10.0.0' }, 2000)
    expect(log.lines).toHaveLength(1002)
  })
})
