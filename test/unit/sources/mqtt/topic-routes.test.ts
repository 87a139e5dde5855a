import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createTopicRoutes,
  type TopicRoutes,
  topicFilterProblem,
} from '../../../../gateway/sources/mqtt/topic-routes.ts'

const level = fc.constantFrom('a', 'b', 'station', '', '$SYS')
const topic = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'))
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 5 }), fc.boolean())
  .map(([levels, all]) => [...levels, ...(all ? ['#'] : [])].join('/'))
  .filter((text) => text !== '')

/** MQTT 4.7 read aloud, as a regular expression. */
function matchesNaively(filterText: string, topicText: string): boolean {
  if (topicText.startsWith('$') && /^[+#]/.test(filterText)) return false
  const levels = filterText.split('/').map((name) => (name === '+' ? '[^/]*' : name.replaceAll('$', '\\$')))
  if (levels.at(-1) !== '#') return new RegExp(`^${levels.join('/')}$`).test(topicText)
  const parent = levels.slice(0, -1).join('/')
  return levels.length === 1 || new RegExp(`^${parent}(/.*)?$`).test(topicText)
}

const matched = (routes: TopicRoutes, name: string) => routes.match(name).map(({ deviceId }) => deviceId)

describe('topic routes', () => {
  test('find exactly the devices whose filters match, in order, each once', () => {
    const routes = fc.array(fc.record({ deviceId: fc.constantFrom('d1', 'd2', 'd3', 'd4'), topicFilter: filter }))
    fc.assert(
      fc.property(routes, topic, (all, wanted) => {
        const expected = all
          .filter((route) => matchesNaively(route.topicFilter, wanted))
          .map(({ deviceId }) => deviceId)
        expect(matched(createTopicRoutes(all), wanted)).toEqual([...new Set(expected)])
      }),
      { numRuns: 2000 },
    )
  })

  test('several devices may speak on one topic', () => {
    const routes = createTopicRoutes([
      { deviceId: 'probe', topicFilter: 'station/1/level' },
      { deviceId: 'all-of-1', topicFilter: 'station/1/#' },
      { deviceId: 'twin', topicFilter: 'station/1/level' },
      { deviceId: 'levels', topicFilter: 'station/+/level' },
    ])
    expect(matched(routes, 'station/1/level')).toEqual(['probe', 'all-of-1', 'twin', 'levels'])
    expect(matched(routes, 'station/2/level')).toEqual(['levels'])
    expect(matched(routes, 'station/1')).toEqual(['all-of-1'])
    expect(matched(routes, 'station')).toEqual([])
  })

  test.each(['__proto__', 'constructor/prototype', 'hasOwnProperty'])('%s is a topic like any other', (name) => {
    expect(matched(createTopicRoutes([{ deviceId: 'd', topicFilter: 'a/b' }]), name)).toEqual([])
    expect(matched(createTopicRoutes([{ deviceId: 'd', topicFilter: name }]), name)).toEqual(['d'])
  })

  test.each([
    ['', 'empty'],
    ['a/#/b', '#'],
    ['a/b#', '#'],
    ['a+/b', '+'],
    ['a/+b', '+'],
    ['a\u0000', 'U+0000'],
    ['x'.repeat(65_536), '65535'],
  ])('a filter that is not valid is refused with its device: %j', (topicFilter, problem) => {
    expect(topicFilterProblem(topicFilter)).toContain(problem)
    const create = () => createTopicRoutes([{ deviceId: 'pump', topicFilter }])
    expect(create).toThrow('device pump')
    expect(create).toThrow(problem)
  })

  test('filters that are valid have no problem', () => {
    fc.assert(fc.property(filter, (text) => topicFilterProblem(text) === null))
  })

  test('devices may share a reader, which gets a message once', () => {
    const reader = { read: () => ({ contents: [] }) }
    const routes = createTopicRoutes([
      { deviceId: 'd1', topicFilter: 'batch', reader },
      { deviceId: 'd2', topicFilter: '+', reader },
      { deviceId: 'd3', topicFilter: 'batch' },
    ])
    expect(matched(routes, 'batch')).toEqual(['d1', 'd3'])
  })
})
