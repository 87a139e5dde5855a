import { describe, expect, test } from 'vitest'
import { Silence } from '../../../../gateway/sources/modbus/silence.ts'

const sent = (unitId: number, shape: string, sentAt: number) => ({ unitId, shape, exceptionShape: `${shape}!`, sentAt })
const REPLY = 7

describe('silence after a lost reply', () => {
  test('a line in peace needs none', () => {
    const silence = new Silence({ quietMs: 200, listenMs: 100 })
    silence.begin(1)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 10)).toBe(false)
    expect(silence.remaining(10)).toBe(0)
  })

  test('a line whose past is unknown is quiet first, longer where something comes, and then in peace', () => {
    const silence = new Silence({ quietMs: 200, listenMs: 100 })
    silence.beginUnknown(1000, 100)
    expect(silence.remaining(1000)).toBe(100)
    expect(silence.disturbed(REPLY, 1090)).toBe(true)
    expect(silence.remaining(1090)).toBe(200)
    silence.begin(1)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 1300)).toBe(false)
  })

  test('after a time-out the line is quiet and the next reply of that unit alone is unconfirmed', () => {
    const silence = new Silence({ quietMs: 200, listenMs: 100 })
    silence.begin(1)
    silence.lost(sent(1, 'a', 0), 100)
    expect(silence.remaining(100)).toBe(200)
    expect(silence.remaining(300)).toBe(0)
    silence.begin(2)
    expect(silence.replied({ unitId: 2, shape: 'a' }, 310)).toBe(false)
    silence.begin(1)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 320)).toBe(true)
  })

  test('a silence may be shorter, but never longer, and the unit stays suspect', () => {
    const silence = new Silence({ quietMs: 200, listenMs: 100 })
    silence.begin(1)
    silence.lost({ ...sent(1, 'a', 0), quietMs: 50 }, 100)
    expect(silence.remaining(100)).toBe(50)
    silence.begin(2)
    silence.lost({ ...sent(2, 'a', 200), quietMs: 900 }, 300)
    expect(silence.remaining(300)).toBe(200)
    silence.begin(1)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 510)).toBe(true)
    // Listening afterwards is as long as ever.
    expect(silence.remaining(510)).toBe(250)
  })

  test('a reply that may be the late one is followed by listening, and only silence confirms', () => {
    const silence = new Silence({ quietMs: 200, listenMs: 100 })
    silence.begin(1)
    silence.lost(sent(1, 'a', 0), 100)
    silence.begin(1)
    silence.replied({ unitId: 1, shape: 'a' }, 310)
    expect(silence.remaining(310)).toBe(250)
    expect(silence.disturbed(REPLY, 350)).toBe(true)
    expect(silence.quietMs).toBe(400)
    expect(silence.remaining(350)).toBe(400)
    silence.begin(1)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 760)).toBe(true)
    silence.begin(1)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 900)).toBe(false)
  })

  test('a reply of another shape proves that the line is in step', () => {
    const silence = new Silence({ quietMs: 200, listenMs: 100 })
    silence.begin(1)
    silence.lost(sent(1, 'a', 0), 100)
    silence.begin(1)
    expect(silence.replied({ unitId: 1, shape: 'b' }, 310)).toBe(true)
    expect(silence.remaining(310)).toBe(0)
    silence.begin(1)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 320)).toBe(false)
  })

  test('an exception may be the late exception to another request', () => {
    const silence = new Silence({ quietMs: 200, listenMs: 100 })
    silence.begin(1)
    silence.lost(sent(1, 'a', 0), 100)
    silence.begin(1)
    silence.replied({ unitId: 1, shape: 'a!' }, 310)
    expect(silence.remaining(310)).toBe(250)
  })

  test('a reply that comes even later makes the silence longer than it was late, up to a bound', () => {
    const silence = new Silence({ quietMs: 200, listenMs: 100 })
    silence.begin(1)
    silence.lost(sent(1, 'a', 0), 100)
    expect(silence.disturbed(REPLY, 280)).toBe(true)
    expect(silence.quietMs).toBe(560)
    expect(silence.remaining(280)).toBe(560)
    silence.disturbed(REPLY, 800)
    silence.disturbed(REPLY, 2200)
    silence.disturbed(REPLY, 4000)
    expect(silence.quietMs).toBe(1600)
  })

  test('good replies slowly take a grown silence back to what was configured', () => {
    const silence = new Silence({ quietMs: 200, listenMs: 100 })
    silence.behind(0)
    expect(silence.quietMs).toBe(400)
    for (let index = 0; index < 1000; index++) silence.replied({ unitId: 1, shape: 'a' }, 1000 + index)
    expect(silence.quietMs).toBe(200)
  })

  test('a byte or two of noise costs a short gap, and no reply is doubted', () => {
    const silence = new Silence({ quietMs: 2000, listenMs: 1000 })
    silence.begin(1)
    silence.replied({ unitId: 1, shape: 'a' }, 10)
    expect(silence.disturbed(1, 11)).toBe(false)
    expect(silence.remaining(11)).toBe(20)
    silence.begin(1)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 50)).toBe(false)
  })

  test('a reply out of nowhere, in one piece or in small ones, makes the next reply of every unit unconfirmed', () => {
    for (const pieces of [[7], [3, 4], [2, 2, 3]]) {
      const silence = new Silence({ quietMs: 200, listenMs: 100 })
      for (const unitId of [1, 2]) {
        silence.begin(unitId)
        silence.replied({ unitId, shape: 'a' }, 10)
      }
      const told = pieces.map((count, index) => silence.disturbed(count, 20 + index))
      expect(told.filter(Boolean)).toHaveLength(1)
      expect(silence.remaining(22)).toBeGreaterThanOrEqual(198)
      for (const unitId of [1, 2]) {
        silence.begin(unitId)
        expect(silence.replied({ unitId, shape: 'a' }, 300)).toBe(true)
        silence.begin(unitId)
        expect(silence.replied({ unitId, shape: 'a' }, 310)).toBe(false)
      }
    }
  })
})
