import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTopicRoutes, topicFilterProblem } from '../../../../gateway/sources/mqtt/topic-routes.ts'

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

describe('topic routes', () => {
  test('find exactly the devices whose filters match, in order, each once', () => {
    const routes = fc.array(fc.record({ deviceId: fc.constantFrom('d1', 'd2', 'd3', 'd4'), topicFilter: filter }))
    fc.assert(
      fc.property(routes, topic, (all, wanted) => {
        const expected = all
          .filter((route) => matchesNaively(route.topicFilter, wanted))
          .map(({ deviceId }) => deviceId)
        expect(createTopicRoutes(all).match(wanted)).toEqual([...new Set(expected)])
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
    expect(routes.match('station/1/level')).toEqual(['probe', 'all-of-1', 'twin', 'levels'])
    expect(routes.match('station/2/level')).toEqual(['levels'])
    expect(routes.match('station/1')).toEqual(['all-of-1'])
    expect(routes.match('station')).toEqual([])
  })

  test.each(['__proto__', 'constructor/prototype', 'hasOwnProperty'])('%s is a topic like any other', (name) => {
    expect(createTopicRoutes([{ deviceId: 'd', topicFilter: 'a/b' }]).match(name)).toEqual([])
    expect(createTopicRoutes([{ deviceId: 'd', topicFilter: name }]).match(name)).toEqual(['d'])
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
})
