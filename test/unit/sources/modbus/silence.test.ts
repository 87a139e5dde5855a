import { describe, expect, test } from 'vitest'
import { Silence } from '../../../../gateway/sources/modbus/silence.ts'
import type { Sent } from '../../../../gateway/sources/modbus/unit-doubt.ts'

const QUIET_MS = 2000
const LISTEN_MS = 1000
const create = () => new Silence({ quietMs: QUIET_MS, listenMs: LISTEN_MS })
const sent = (unitId: number, shape: string, rest: Partial<Sent> = {}): Sent => ({
  ...{ unitId, shape, exceptionShape: `${shape}!`, sentAt: 0 },
  ...rest,
})

/** Unit 1 was asked for `a` at 0 and has not answered by 1000. */
function afterLoss(rest: Partial<Sent> = {}): Silence {
  const silence = create()
  silence.begin(1, 0)
  silence.lost(sent(1, 'a', rest), 1000)
  return silence
}

describe('silence after a lost reply', () => {
  test('a line in peace needs none', () => {
    const silence = create()
    silence.begin(1, 0)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 10)).toBe(false)
    expect(silence.remaining(10)).toBe(0)
    expect(silence.firstHeldFor(10)).toBeNull()
  })

  test('a line whose past is unknown is quiet first, longer where something comes, and then in peace', () => {
    const silence = create()
    silence.beginUnknown(1000, 500)
    expect(silence.remaining(1000)).toBe(500)
    silence.heard({ unitId: 7, shape: 'a', asked: null }, 1400)
    expect(silence.remaining(1400)).toBe(QUIET_MS)
    silence.begin(1, 3400)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 3410)).toBe(false)
  })

  test('the line is quiet for all, and the next reply of that unit alone is unconfirmed', () => {
    const silence = afterLoss()
    expect(silence.remaining(1000)).toBe(QUIET_MS)
    expect(silence.remaining(3000)).toBe(0)
    silence.begin(2, 3000)
    expect(silence.replied({ unitId: 2, shape: 'a' }, 3010)).toBe(false)
    silence.begin(1, 3020)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 3030)).toBe(true)
  })

  test('it ends when the missing reply has come, and is longer than that was late the next time', () => {
    const silence = afterLoss()
    silence.heard({ unitId: 1, shape: 'a', asked: null }, 2500)
    expect(silence.remaining(2500)).toBe(20)
    expect(silence.quietMs(1)).toBe(5000)
    expect(silence.quietMs(2)).toBe(QUIET_MS)
    silence.begin(1, 2520)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 2530)).toBe(true)
  })

  test('the late reply of another unit does not end it', () => {
    const silence = afterLoss()
    silence.heard({ unitId: 2, shape: 'a', asked: null }, 1500)
    expect(silence.remaining(1500)).toBe(1500)
  })

  test('a silence may be shorter, but never longer, and the unit stays in doubt', () => {
    const silence = afterLoss({ quietMs: 50 })
    expect(silence.remaining(1000)).toBe(50)
    silence.begin(2, 1050)
    silence.lost(sent(2, 'a', { quietMs: 9000 }), 2000)
    expect(silence.remaining(2000)).toBe(QUIET_MS)
    silence.begin(1, 5000)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 5010)).toBe(true)
    // What the silence was too short for has to be caught by listening.
    expect(silence.heldFor(1, 5010)).toBe(QUIET_MS + LISTEN_MS)
  })

  test('a unit that is heard after its short silence has its whole one from then on', () => {
    const silence = afterLoss({ quietMs: 50 })
    silence.begin(2, 1050)
    silence.heard({ unitId: 1, shape: 'a', asked: 2 }, 1400)
    silence.begin(1, 9000)
    silence.lost(sent(1, 'a', { sentAt: 9000, quietMs: 50 }), 9100)
    expect(silence.remaining(9100)).toBe(2800)
  })

  test('so has one whose reply came in its first whole silence', () => {
    const silence = afterLoss()
    silence.heard({ unitId: 1, shape: 'a', asked: null }, 1500)
    silence.begin(1, 4000)
    silence.lost(sent(1, 'a', { sentAt: 4000, quietMs: 50 }), 5000)
    expect(silence.remaining(5000)).toBe(3000)
  })

  test('it grows up to a bound, and good replies slowly take it back', () => {
    const silence = afterLoss()
    silence.heard({ unitId: 1, shape: 'a', asked: null }, 15_000)
    expect(silence.quietMs(1)).toBe(8 * QUIET_MS)
    silence.begin(1, 20_000)
    silence.replied({ unitId: 1, shape: 'b' }, 20_010)
    for (let index = 0; index < 5000; index++) silence.replied({ unitId: 1, shape: 'a' }, 21_000 + index)
    expect(silence.quietMs(1)).toBe(QUIET_MS)
  })
})

describe('a reply that may be the late one', () => {
  /** Its reply of the same shape came at 3010. */
  function listening(): Silence {
    const silence = afterLoss()
    silence.begin(1, 3000)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 3010)).toBe(true)
    return silence
  }

  test('its unit is left alone, others are not, and silence confirms it', () => {
    const silence = listening()
    expect(silence.heldFor(1, 3010)).toBe(QUIET_MS)
    expect(silence.firstHeldFor(3010)).toBe(QUIET_MS)
    expect([silence.remaining(3010), silence.heldFor(2, 3010)]).toEqual([0, 0])
    silence.begin(2, 4000)
    silence.replied({ unitId: 2, shape: 'a' }, 4010)
    expect(silence.isInDoubt(1)).toBe(true)
    expect(silence.firstHeldFor(5010)).toBeNull()
    silence.begin(1, 5010)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 5020)).toBe(false)
  })

  test.each([null, 2])(
    'the true one that follows shows it (unit %s is asked then), and the next is no better',
    (asked) => {
      const silence = listening()
      if (asked !== null) silence.begin(asked, 3500)
      silence.heard({ unitId: 1, shape: 'a', asked }, 3600)
      expect(silence.quietMs(1)).toBe(2 * QUIET_MS)
      expect(silence.heldFor(1, 3600)).toBe(0)
      silence.begin(1, 3700)
      expect(silence.replied({ unitId: 1, shape: 'a' }, 3710)).toBe(true)
      silence.begin(1, 3710 + 2 * QUIET_MS)
      expect(silence.replied({ unitId: 1, shape: 'a' }, 8000)).toBe(false)
    },
  )

  test('who is asked before the time is over, or not heard for a while, is not believed', () => {
    for (const disturb of [(silence: Silence) => silence.begin(1, 4000), (silence: Silence) => silence.deaf()]) {
      const silence = listening()
      disturb(silence)
      silence.begin(1, 6000)
      expect(silence.replied({ unitId: 1, shape: 'a' }, 6010)).toBe(true)
    }
  })

  test('a reply of another shape proves that the unit is in step', () => {
    const silence = afterLoss()
    silence.begin(1, 3000)
    expect(silence.replied({ unitId: 1, shape: 'b' }, 3010)).toBe(true)
    expect(silence.heldFor(1, 3010)).toBe(0)
    silence.begin(1, 3020)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 3030)).toBe(false)
  })

  test('an exception may be the late exception to another request', () => {
    const silence = afterLoss()
    silence.begin(1, 3000)
    silence.replied({ unitId: 1, shape: 'a!' }, 3010)
    expect(silence.heldFor(1, 3010)).toBe(QUIET_MS)
  })

  test('is heard for a quarter of a second at least', () => {
    const silence = new Silence({ quietMs: 20, listenMs: 10 })
    silence.begin(1, 0)
    silence.lost(sent(1, 'a'), 10)
    silence.begin(1, 30)
    silence.replied({ unitId: 1, shape: 'a' }, 40)
    expect(silence.heldFor(1, 40)).toBe(250)
  })

  test('after very many different requests any reply may be the late one', () => {
    const silence = create()
    silence.begin(1, 0)
    for (let index = 0; index < 100; index++) silence.lost(sent(1, `write ${index}`), 1000 * index)
    silence.begin(1, 500_000)
    silence.replied({ unitId: 1, shape: 'another' }, 500_010)
    expect(silence.heldFor(1, 500_010)).toBeGreaterThan(0)
  })
})

describe('what nobody asked for', () => {
  /** Units 1 and 2 have answered. */
  function inPeace(): Silence {
    const silence = create()
    for (const unitId of [1, 2]) {
      silence.begin(unitId, 0)
      silence.replied({ unitId, shape: 'a' }, 10)
    }
    return silence
  }

  test('a byte or two of noise costs a short gap, and no reply is doubted', () => {
    const silence = inPeace()
    silence.noise(1, 11)
    expect(silence.remaining(11)).toBe(20)
    silence.begin(1, 31)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 50)).toBe(false)
  })

  test('a reply that comes twice throws doubt on its unit, and costs the others no time', () => {
    const silence = inPeace()
    silence.heard({ unitId: 1, shape: 'a', asked: null }, 20)
    expect(silence.remaining(20)).toBe(20)
    silence.begin(2, 40)
    expect(silence.replied({ unitId: 2, shape: 'a' }, 50)).toBe(false)
    silence.begin(1, 60)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 70)).toBe(true)
    expect(silence.heldFor(1, 70)).toBe(QUIET_MS)
  })

  test('a reply of a healthy unit while another is asked throws doubt on it once', () => {
    const silence = inPeace()
    silence.begin(2, 20)
    silence.heard({ unitId: 1, shape: 'a', asked: 2 }, 30)
    silence.begin(1, 50)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 60)).toBe(true)
    silence.begin(1, 70)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 80)).toBe(false)
  })

  test('and none where the one asked is known to be sick', () => {
    const silence = inPeace()
    silence.begin(2, 20)
    silence.lost(sent(2, 'a', { quietMs: 50 }), 100)
    silence.begin(2, 200)
    silence.heard({ unitId: 1, shape: 'a', asked: 2 }, 210)
    expect(silence.isInDoubt(1)).toBe(false)
  })

  test('a unit that answers under the id of another keeps its whole silence, however it is asked', () => {
    const silence = inPeace()
    silence.begin(2, 20)
    silence.heard({ unitId: 1, shape: 'a', asked: 2 }, 30)
    silence.lost(sent(2, 'a', { sentAt: 20, quietMs: 50 }), 1020)
    expect(silence.remaining(1020)).toBe(QUIET_MS)
    // Also where it did so in its silence.
    const later = inPeace()
    later.begin(2, 20)
    later.lost(sent(2, 'a', { sentAt: 20 }), 1020)
    later.heard({ unitId: 1, shape: 'a', asked: null }, 1500)
    later.begin(2, 4000)
    later.lost(sent(2, 'a', { sentAt: 4000, quietMs: 50 }), 4100)
    expect(later.remaining(4100)).toBe(QUIET_MS)
  })

  test('bytes that become no reply are judged when nothing follows: silence, and doubt on every unit', () => {
    let babbles = 0
    const silence = new Silence({ quietMs: QUIET_MS, listenMs: LISTEN_MS, onBabble: () => babbles++ })
    for (const unitId of [1, 2]) {
      silence.begin(unitId, 0)
      silence.replied({ unitId, shape: 'a' }, 10)
    }
    for (const [index, count] of [3, 6, 9].entries()) silence.noise(count, 20 + index)
    expect(silence.remaining(22)).toBe(50)
    expect(silence.remaining(72)).toBe(QUIET_MS - 50)
    expect(silence.remaining(100)).toBe(QUIET_MS - 78)
    expect(babbles).toBe(1)
    for (const unitId of [1, 2]) {
      silence.begin(unitId, 3000)
      expect(silence.replied({ unitId, shape: 'a' }, 3010)).toBe(true)
      silence.begin(unitId, 3020)
      expect(silence.replied({ unitId, shape: 'a' }, 3030)).toBe(false)
    }
  })

  test('bytes that become a reply are only that', () => {
    const silence = inPeace()
    silence.noise(6, 20)
    silence.heard({ unitId: 2, shape: 'a', asked: null }, 25)
    expect(silence.remaining(100)).toBe(0)
    expect([1, 2].map((unitId) => silence.isInDoubt(unitId))).toEqual([false, true])
  })

  test('bytes in the silence after a unit are its own: the silence begins anew, a shortened one does not', () => {
    const patient = afterLoss()
    patient.noise(8, 1500)
    expect(patient.remaining(1600)).toBe(2900)
    expect(patient.quietMs(1)).toBe(3000)
    const hurried = afterLoss({ quietMs: 100 })
    hurried.begin(2, 1100)
    hurried.noise(8, 1300)
    expect(hurried.remaining(1350)).toBe(0)
    expect(hurried.isInDoubt(2)).toBe(false)
  })

  test('a unit that answers otherwise lags behind only where that answer was missing', () => {
    const silence = afterLoss()
    silence.behind({ unitId: 1, shape: 'another' })
    expect(silence.quietMs(1)).toBe(QUIET_MS)
    silence.behind({ unitId: 1, shape: 'a' })
    expect(silence.quietMs(1)).toBe(2 * QUIET_MS)
  })
})

describe('a process that stood still', () => {
  test('has not heard silence meanwhile, and listens as long as it would have', () => {
    const silence = afterLoss({ quietMs: 50 })
    silence.stalled({ from: 1020, ms: 60_000 })
    expect(silence.remaining(61_020)).toBe(30)
    silence.begin(1, 61_050)
    expect(silence.replied({ unitId: 1, shape: 'a' }, 61_060)).toBe(true)
    const heldMs = silence.heldFor(1, 61_060)
    silence.stalled({ from: 61_100, ms: 60_000 })
    expect(silence.heldFor(1, 61_060 + 60_000)).toBe(heldMs)
    expect(silence.isWaiting(61_060 + 60_000 + heldMs)).toBe(false)
  })

  test('what was over before is not waited for again', () => {
    const silence = afterLoss()
    silence.stalled({ from: 3000, ms: 60_000 })
    expect(silence.remaining(63_000)).toBe(0)
  })

  test('half a reply is given its time to go on', () => {
    const silence = afterLoss()
    silence.noise(8, 1010)
    silence.stalled({ from: 1030, ms: 60_000 })
    expect(silence.remaining(61_030)).toBe(QUIET_MS - 30)
    expect(silence.isWaiting(61_030)).toBe(true)
  })
})
