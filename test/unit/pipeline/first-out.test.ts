/** Which alarm of a group came first. */
import { expect, test } from 'vitest'
import { DETECTORS, zone } from './groups.ts'
import { Story } from './story.ts'

const say = (story: Story, id: string, smoke: number, button = 0): Story => story.message(id, { smoke, button })
const firsts = (story: Story) => story.table().flatMap(({ id, firstOut }) => (firstOut.length > 0 ? [id] : []))
const begin = () => new Story(zone())

test('the first alarm of a group is marked on its event, what follows is not, nor is the vote', () => {
  const story = say(say(begin(), 'b', 0.2).pass(1), 'a', 0.2, 1)
  const raised = story.events.filter(({ type }) => type === 'raised')
  expect(raised.map(({ alarm }) => [alarm.id, alarm.firstOut])).toEqual([
    ['b.smoke', ['zone']],
    ['a.smoke', []],
    ['a.button', []],
    ['zone.fire', []],
  ])
})

test('it stays first until it is normal; who is raised while others are active is never first', () => {
  const story = say(say(begin(), 'b', 0.2), 'a', 0.2)
  say(story, 'b', 0)
  expect(firsts(story)).toEqual(['b.smoke'])
  say(story, 'c', 0.2)
  expect(firsts(story)).toEqual(['b.smoke'])
  story.acknowledge('b.smoke')
  expect(firsts(story)).toEqual([])
  for (const id of ['a', 'c']) say(story, id, 0)
  say(say(story, 'b', 0.2), 'b', 0)
  expect(firsts(say(story, 'a', 0.2))).toEqual(['b.smoke'])
  say(story, 'a', 0).acknowledge('b.smoke')
  say(story, 'c', 0.2)
  expect(firsts(story)).toEqual(['c.smoke'])
})

test('a fault, or what people have put aside, is not first and keeps nobody from it', () => {
  const story = begin()
  story.order('a.smoke', { type: 'shelve', durationMs: 60_000, oneShot: false })
  story.order('b.smoke', { type: 'take-out-of-service' })
  for (const id of ['a', 'b', 'c']) say(story, id, 0.2)
  expect(firsts(story)).toEqual(['c.smoke'])
})

test('after a restart it is known, and an old row without the mark can be read', () => {
  const story = say(begin(), 'b', 0.2)
  const again = story.restart(zone())
  say(again, 'a', 0.2)
  expect(firsts(again)).toEqual(['b.smoke'])
  const { firstOut: _, ...old } = story.alarm('b.smoke')
  expect(firsts(new Story(zone(), [old as never]))).toEqual([])
})

test('one in no group is not first in any', () => {
  const [a, b, c] = DETECTORS as [never, never, never]
  const [, group] = zone({ need: 'any' }, [a]) as [never, never]
  const story = say(say(new Story([a, b, c, group]), 'b', 0.2), 'a', 0.2)
  expect(firsts(story)).toEqual(['a.smoke'])
})
