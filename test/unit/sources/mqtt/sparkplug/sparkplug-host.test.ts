import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MessageDocument } from '../../../../../gateway/model.ts'
import { SparkplugHost } from '../../../../../gateway/sources/mqtt/sparkplug/sparkplug-host.ts'
import { FakeClock } from '../../../../support/fake-clock.ts'
import { createMemoryLog } from '../../../../support/memory-log.ts'
import { sparkplugPayload, type WrittenMetric, type WrittenPayload } from '../../../../support/sparkplug-message.ts'

const UNITS = [
  { deviceId: 'node', group: 'g', node: 'n', device: null },
  { deviceId: 'gauge', group: 'g', node: 'n', device: 'd' },
]
const LEVEL: WrittenMetric = { name: 'level', alias: 1, datatype: 'Int32', value: 1 }

function createHost(units = UNITS) {
  const clock = new FakeClock()
  const log = createMemoryLog()
  const published: string[] = []
  const host = new SparkplugHost({ publish: (topic) => published.push(topic), clock, log })
  host.setUnits(units)
  const say = (type: string, payload: WrittenPayload, { device = 'd', retained = false } = {}) => {
    const topic = `spBv1.0/g/${type}/n${type.startsWith('N') ? '' : `/${device}`}`
    return host.read({ topic, payload: sparkplugPayload(payload), retained })
  }
  return { clock, log, published, host, say }
}

type Host = ReturnType<typeof createHost>

function documents(said: ReturnType<Host['say']>): readonly MessageDocument[] {
  const [content] = said.contents.map((each) => each.content)
  if (content?.type !== 'documents') throw new Error(`no documents: ${JSON.stringify(said)}`)
  return content.documents
}

function born({ say }: Host): void {
  say('NBIRTH', { timestamp: 1, seq: 0, metrics: [{ name: 'bdSeq', datatype: 'Int64', value: 9 }] })
  say('DBIRTH', { timestamp: 1, seq: 1, metrics: [LEVEL] })
}

describe('a Sparkplug host', () => {
  test('makes one document of the metrics of one time', () => {
    const host = createHost()
    born(host)
    const metrics: readonly WrittenMetric[] = [
      { alias: 1, timestamp: 10, value: 5, as: 'Int32' },
      { alias: 1, timestamp: 20, value: 6, as: 'Int32' },
      { alias: 1, timestamp: 5, value: 4, as: 'Int32', historical: true },
    ]
    expect(documents(host.say('DDATA', { timestamp: 30, seq: 2, metrics }))).toEqual([
      { json: { level: 5 }, time: 10 },
      { json: { level: 6 }, time: 20 },
      { json: { level: 4 }, time: 5, late: true },
    ])
  })

  test('counts from 255 on to 0, and one message twice as one', () => {
    const host = createHost()
    born(host)
    for (let seq = 2; seq < 600; seq++) {
      const payload = { timestamp: seq, seq: seq % 256, metrics: [{ alias: 1, value: seq, as: 'Int32' }] } as const
      expect(documents(host.say('DDATA', payload))[0]?.doubt).toBeUndefined()
      if (seq % 100 === 0) expect(documents(host.say('DDATA', payload))[0]?.doubt).toBeUndefined()
    }
    expect(host.published).toEqual([])
  })

  test('asks for births at most every half minute, and says so once per reason', async () => {
    const { clock, log, published, say } = createHost()
    for (let second = 0; second < 65; second++) {
      say('DDATA', { seq: second, metrics: [{ alias: 1, value: 1, as: 'Int32' }] })
      await clock.advance(1000)
    }
    expect(published).toEqual(['spBv1.0/g/NCMD/n', 'spBv1.0/g/NCMD/n', 'spBv1.0/g/NCMD/n'])
    expect(log.lines.map(({ facts }) => facts.reason)).toEqual(['its birth was not seen'])
  })

  test('takes nothing that a broker had kept, and no number of which nobody says what it is', () => {
    const host = createHost()
    expect(host.say('NBIRTH', { seq: 0 }, { retained: true })).toEqual({ contents: [] })
    born(host)
    const metrics = [
      { name: 'level', value: 5, as: 'Int32' as const },
      { name: 'other', value: 5, as: 'Int32' as const },
    ]
    expect(documents(host.say('DDATA', { seq: 2, metrics }))[0]?.json).toEqual({ level: 5 })
    expect(host.published).toHaveLength(1)
  })

  test('a birth of the node voids those of its devices; its death is theirs', () => {
    const host = createHost()
    born(host)
    host.say('NBIRTH', { seq: 0, metrics: [{ name: 'bdSeq', datatype: 'Int64', value: 10 }] })
    expect(host.say('DDATA', { seq: 1, metrics: [{ alias: 1, value: 1, as: 'Int32' }] }).contents).toMatchObject([
      { deviceId: 'gauge', content: { type: 'device-failure', reason: 'communication-failure' } },
    ])
    const death = (bdSeq: number) =>
      host.say('NDEATH', { metrics: [{ name: 'bdSeq', datatype: 'Int64', value: bdSeq }] })
    expect(death(9).contents).toEqual([])
    expect(death(10).contents.map(({ deviceId }) => deviceId)).toEqual(['node', 'gauge'])
  })

  test('counts messages of edge nodes without devices as unknown, and forgets nodes that are gone from the configuration', () => {
    const host = createHost()
    born(host)
    host.host.setUnits([])
    expect(host.say('NDATA', { seq: 2 })).toEqual({ contents: [], unknown: ['no device of this edge node'] })
    host.host.setUnits(UNITS)
    expect(host.say('DDATA', { seq: 2, metrics: [] }).contents[0]?.content.type).toBe('device-failure')
  })

  test('never takes an alias for what it was not, whatever is lost', () => {
    // An edge node that renames its aliases with each birth, over a line that loses messages.
    const step = fc.record({ rebirth: fc.boolean(), lost: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const host = createHost()
        const node = { alias: 0, seq: 0, time: 0 }
        let lastHeard = -1
        const send = (isLost: boolean, type: string, metrics: readonly WrittenMetric[]) => {
          const seq = node.seq++ % 256
          if (isLost) return null
          // After lost births the count may go on by chance; that is beyond what counting can tell.
          const isChance = type === 'DDATA' && node.seq === 3 && lastHeard === 1
          lastHeard = seq
          const said = host.say(type, { timestamp: node.time++, seq, metrics })
          return isChance ? null : said
        }
        for (const { rebirth, lost } of [{ rebirth: true, lost: false }, ...steps]) {
          if (rebirth) {
            node.alias++
            node.seq = 0
            send(lost, 'NBIRTH', [{ name: 'bdSeq', datatype: 'Int64', value: 1 }])
            send(lost, 'DBIRTH', [
              { name: 'right', alias: node.alias, datatype: 'Int32', value: 1 },
              { name: 'wrong', alias: node.alias + 1, datatype: 'Int32', value: 1 },
            ])
          }
          const [content] = send(false, 'DDATA', [{ alias: node.alias, value: 1, as: 'Int32' }])?.contents ?? []
          const certain =
            content?.content.type === 'documents' ? content.content.documents.filter(({ doubt }) => !doubt) : []
          for (const { json } of certain) expect(json).toEqual({ right: 1 })
        }
      }),
    )
  })
})
