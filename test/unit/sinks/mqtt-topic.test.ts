import { describe, expect, test } from 'vitest'
import { prepareTopic } from '../../../gateway/sinks/mqtt-topic.ts'

const options = { places: ['station', 'device'], where: 'sink city' }

describe('a topic with places', () => {
  test('is filled in', () => {
    const topic = prepareTopic('city/{station}/{device}/{station}', options)
    expect(topic({ station: 'shi-jing', device: 'smoke-1' })).toBe('city/shi-jing/smoke-1/shi-jing')
  })

  test('keeps each value within its level', () => {
    const topic = prepareTopic('{station}/{device}', options)
    expect(topic({ station: 'a/b+c#d\0', device: '' })).toBe('a_b_c_d_/_')
    expect(topic({ station: '{device}', device: 'x' })).toBe('{device}/x')
  })

  test('names the places there are when one is misspelt', () => {
    expect(() => prepareTopic('a/{sation}', options)).toThrow(
      'sink city: topic "a/{sation}" has the place {sation}; known are {station}, {device}',
    )
  })

  test.each(['', 'a/+/b', 'a/#', '$SYS/a', 'a\0', 'a/{station', 'a/station}'])('%j is refused', (template) => {
    expect(() => prepareTopic(template, options)).toThrow(/cannot be published to/)
  })
})
