/** What holds for every vote, whatever its members do. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { VoteRule } from '../../../device-profiles/device.ts'
import { type MemberState, requiredOf, type Standing, tallyOf } from '../../../gateway/pipeline/votes.ts'
import { text } from './devices.ts'
import { zone } from './groups.ts'
import { Story } from './story.ts'

const STANDINGS: readonly Standing[] = ['good', 'unsure', 'lost', 'excluded']

function voteRule(need: number, total: number, changes: Partial<VoteRule> = {}): VoteRule {
  return {
    ...{ type: 'vote', id: 'fire', name: text('Fire'), class: 'alarm', latching: false, guidance: text('go') },
    ...{ priority: 'urgent', onDelayMs: 0, offDelayMs: 0, memberName: text('detectors'), need, withinMs: 0 },
    members: Array.from({ length: total }, (_, i) => ({ device: `d${i}`, name: `d${i}`, rules: ['smoke'] })),
    ...{ degradation: 'safety', memberFailsMs: 10_000 },
    ...changes,
  }
}

const member: fc.Arbitrary<MemberState> = fc
  .record({ standing: fc.constantFrom(...STANDINGS), on: fc.boolean(), ago: fc.constantFrom(0, 5, 10, 11, 1e6) })
  .map(({ standing, on, ago }) => ({
    ...{ member: { device: 'd', name: 'd', rules: ['smoke'] }, standing, on, heldMs: 0, doubtedSince: null },
    ...{ loss: standing === 'lost' ? 'stale' : null, raisedAt: 1000 - ago, knownUntil: -Infinity },
  }))
const members = fc.array(member, { minLength: 1, maxLength: 7 })

describe('every vote', () => {
  it('becomes 1oo2 and 1oo1 of 2oo3, and never asks for nobody or for more than there are', () => {
    const rule = voteRule(2, 3)
    expect([3, 2, 1].map((healthy) => requiredOf(rule, healthy))).toEqual([2, 1, 1])
    const available = voteRule(2, 3, { degradation: 'availability' })
    expect([3, 2, 1].map((healthy) => requiredOf(available, healthy))).toEqual([2, 2, 1])
    for (const degradation of ['safety', 'availability'] as const) {
      for (let total = 1; total <= 6; total++) {
        for (let need = 1; need <= total; need++) {
          const steps = Array.from({ length: total }, (_, lost) =>
            requiredOf(voteRule(need, total, { degradation }), total - lost),
          )
          expect(steps[0]).toBe(need)
          steps.forEach((required, lost) => {
            expect(required >= 1 && required <= total - lost && required <= need).toBe(true)
            expect(required).toBeLessThanOrEqual(steps[lost - 1] ?? need)
          })
        }
      }
    }
  })

  it('decides nothing without a member, and counts only those that can be believed', () => {
    fc.assert(
      fc.property(members, fc.integer({ min: 1, max: 7 }), fc.constantFrom(0, 10), (all, need, withinMs) => {
        const rule = voteRule(Math.min(need, all.length), all.length, { withinMs })
        const { counted, healthy, verdict, required } = tallyOf(rule, all, 1000)
        expect(counted.every(({ standing }) => standing === 'good')).toBe(true)
        if (healthy === 0) expect(verdict).toBeNull()
        if (verdict === true) expect(counted.length).toBeGreaterThanOrEqual(required)
        if (verdict === false) expect(counted.length).toBeLessThan(required)
      }),
    )
  })

  it('is not ended by losing a member, whatever it was', () => {
    fc.assert(
      fc.property(members, fc.integer({ min: 1, max: 7 }), fc.nat(), (all, need, which) => {
        const rule = voteRule(Math.min(need, all.length), all.length)
        if (tallyOf(rule, all, 1000).verdict !== true) return
        const gone = all.map((one, i) => (i === which % all.length ? { ...one, standing: 'lost' as const } : one))
        expect(tallyOf(rule, gone, 1000).verdict).not.toBe(false)
      }),
    )
  })

  it('one more in alarm never ends it, one fewer never raises it', () => {
    fc.assert(
      fc.property(members, fc.integer({ min: 1, max: 7 }), fc.nat(), (all, need, which) => {
        const rule = voteRule(Math.min(need, all.length), all.length)
        const verdictWith = (on: boolean) =>
          tallyOf(
            rule,
            all.map((one, i) => (i === which % all.length ? { ...one, on } : one)),
            1000,
          ).verdict
        if (verdictWith(false) === true) expect(verdictWith(true)).toBe(true)
        if (verdictWith(true) === false) expect(verdictWith(false)).toBe(false)
      }),
    )
  })
})

describe('a zone in which anything happens', () => {
  const step = fc.record({
    who: fc.constantFrom('a', 'b', 'c'),
    smoke: fc.constantFrom(0, 0.12, 0.2, 9, null),
    pause: fc.constantFrom(0, 1, 7, 12),
  })

  it('goes on after a restart as if nothing had happened, and tells each occurrence once', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 25 }),
        fc.array(step, { maxLength: 10 }),
        (before, after) => {
          const story = new Story(zone({ within: '20s', onDelay: '5s' }))
          for (const next of before) take(story, next)
          const rows = story.table()
          const again = story.restartWithPast(zone({ within: '20s', onDelay: '5s' }), 3)
          for (const next of after) take(again, next)
          const events = [...story.events, ...again.events].filter(({ alarm }) => alarm.id === 'zone.fire')
          const active = events.reduce((on, { type }, i) => {
            if (type === 'raised') expect(on, `${i}`).toBe(false)
            if (type === 'returned') expect(on, `${i}`).toBe(true)
            return type === 'raised' ? true : type === 'returned' ? false : on
          }, false)
          const last = again.pipeline.alarm('zone.fire') ?? rows.find(({ id }) => id === 'zone.fire')
          expect(last?.facts.active ?? false).toBe(active)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('no reading that is not good raises the vote while nobody is lost', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (all) => {
        const story = new Story(zone({ memberFailsAfter: '1h' }))
        for (const id of ['a', 'b', 'c']) story.message(id, { smoke: 0, button: 0 })
        for (const { who, smoke } of all) {
          const active = story.pipeline.alarm('zone.fire')?.facts.active ?? false
          story.message(who, { smoke, button: 0 })
          if (smoke === null || smoke > 5) {
            expect(story.pipeline.alarm('zone.fire')?.facts.active ?? false).toBe(active)
          }
        }
      }),
    )
  })

  function take(story: Story, { who, smoke, pause }: { who: string; smoke: number | null; pause: number }): void {
    story.message(who, { smoke, button: 0 }).pass(pause)
  }
})
