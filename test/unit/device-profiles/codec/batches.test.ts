/** Several readings in one message, and members that take a point away. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeMessage } from '../../../../device-profiles/codec/message.ts'
import { profileOf, said } from './message-profile.ts'

describe('several readings in one message', () => {
  const profile = profileOf({ format: 'json', each: '/readings', time: { pointer: '/t', unit: 's' } }, [
    { id: 'level', json: { pointer: '/level' } },
    { id: 'battery', json: { pointer: '/battery' } },
  ])
  const batch = (...readings: readonly unknown[]) => said(profile, JSON.stringify({ readings }))

  test('the newest of each point is about now, the others are late, in whatever order they stand', () => {
    expect(batch({ t: 30, level: 3 }, { t: 10, level: 1, battery: 90 }, { t: 20, level: 2 })).toEqual({
      points: { level: 3 },
      time: 30_000,
      further: [
        { points: { level: 1 }, time: 10_000, late: true },
        { points: { battery: 90 }, time: 10_000, late: false },
        { points: { level: 2 }, time: 20_000, late: true },
      ],
    })
  })

  test('one alone is a message like any other', () => {
    expect(batch({ t: 30, level: 3 })).toEqual({ points: { level: 3 }, time: 30_000 })
    expect(batch()).toEqual({ points: {}, time: null })
  })

  test('of those without a time the last was just measured; when the others were, nobody knows', () => {
    expect(batch({ level: 1 }, { t: 10, level: 2 }, { level: 3 })).toEqual({
      points: { level: 3 },
      time: null,
      further: [{ points: { level: 2 }, time: 10_000, late: true }],
      dropped: 1,
    })
  })

  test('a damaged one costs itself only', () => {
    expect(batch(7, { t: 30, level: 3 }, null)).toEqual({ points: { level: 3 }, time: 30_000, dropped: 2 })
    expect(batch(7)).toBe('expected an object, got 7')
    expect(said(profile, '{"readings":{}}')).toBe('expected a list at /readings, got an object')
    expect(said(profile, '{}')).toBe('expected a list at /readings, got nothing')
    expect(batch(...new Array(4097).fill({}))).toBe('expected at most 4096 readings, got 4097')
  })

  test('no reading is lost and none is told twice', () => {
    const reading = fc.record(
      { t: fc.integer({ min: 1, max: 9 }), level: fc.integer(), battery: fc.integer() },
      {
        requiredKeys: ['t'],
      },
    )
    fc.assert(
      fc.property(fc.array(reading, { minLength: 1, maxLength: 8 }), (readings) => {
        const message = batch(...readings)
        if (typeof message === 'string') throw new Error(message)
        const told = [message, ...(message.further ?? [])].flatMap(({ points, time }) =>
          Object.entries(points).map(([id, value]) => [time, id, value]),
        )
        const given = readings.flatMap(({ t, ...points }) => Object.entries(points).map(([id, v]) => [t * 1000, id, v]))
        expect(told.map(String).sort()).toEqual(given.map(String).sort())
        const now = [message, ...(message.further ?? []).filter(({ late }) => !late)].flatMap(({ points }) =>
          Object.keys(points),
        )
        expect(new Set(now).size).toBe(now.length)
      }),
    )
  })

  test('a message with one is written', () => {
    const message = encodeMessage(profile, { level: 3 }, { parameters: {}, time: 30_000 })
    expect(new TextDecoder().decode(message)).toBe('{"readings":[{"level":3,"t":30}]}')
  })
})

describe('a point that another member takes away', () => {
  const profile = profileOf({ format: 'json' }, [
    { id: 'smoke', type: 'boolean', json: { pointer: '/smoke', unless: { pointer: '/test', equals: true } } },
    { id: 'test', type: 'boolean', json: { pointer: '/test' } },
  ])

  test('is absent: a test neither raises nor clears', () => {
    expect(said(profile, '{"smoke":true,"test":true}')).toMatchObject({ points: { test: 1 } })
    expect(said(profile, '{"smoke":true,"test":true}')).not.toHaveProperty('points.smoke')
    expect(said(profile, '{"smoke":true,"test":false}')).toMatchObject({ points: { smoke: 1, test: 0 } })
    expect(said(profile, '{"smoke":true}')).toMatchObject({ points: { smoke: 1 } })
    expect(said(profile, '{"smoke":true,"test":1}')).toMatchObject({ points: { smoke: 1, test: 1 } })
  })
})

test('a time without a zone is of the zone that the profile says, or of none', () => {
  const time = { pointer: '/Time', unit: 'iso8601' } as const
  const point = { id: 'x', json: { pointer: '/x' } } as const
  const timeOf = (text: string, zone?: string) => {
    const payload = { format: 'json', time: zone === undefined ? time : { ...time, zone } } as const
    return said(profileOf(payload, [point]), JSON.stringify({ Time: text }))
  }
  expect(timeOf('2026-11-23T08:00:00')).toMatchObject({ time: null })
  expect(timeOf('2026-11-23T08:00:00', '+08:00')).toMatchObject({ time: Date.UTC(2026, 10, 23) })
  expect(timeOf('2026-11-23T08:00:00Z', '+08:00')).toMatchObject({ time: Date.UTC(2026, 10, 23, 8) })
  expect(timeOf('2026-13-23T08:00:00Z')).toMatchObject({ time: null })
})
