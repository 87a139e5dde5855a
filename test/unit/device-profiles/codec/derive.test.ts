import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadCatalogue } from '../../../../device-profiles/catalogue.ts'
import type { Decoded } from '../../../../device-profiles/codec/decoded.ts'
import { derivePoints, sourceValues } from '../../../../device-profiles/codec/derive.ts'

const profile = loadCatalogue().profiles.get('dfrobot-sen0676')
if (profile === undefined) throw new Error('the radar gauge is missing')
const parameters = { 'installation-height': 3.3 }

function levelFrom(distance: Decoded | undefined): Decoded | undefined {
  const points = new Map(distance === undefined ? [] : [['distance', distance]])
  return derivePoints(profile as NonNullable<typeof profile>, parameters, points).get('level')
}

test('the level is the height minus the distance, without binary noise', () => {
  expect(levelFrom({ value: 3.2 })).toEqual({ value: 0.1 })
})

test('a missing or faulty source gives no level, and a distance out of range gives no number', () => {
  expect(levelFrom(undefined)).toBeUndefined()
  const fault: Decoded = { fault: 'sentinel', detail: 'none' }
  expect(levelFrom(fault)).toBe(fault)
  expect(levelFrom({ value: 0 })).toMatchObject({ fault: 'device-fault' })
  expect(levelFrom({ value: 65.535 })).toMatchObject({ fault: 'device-fault' })
})

test('the way back gives the distance that leads to the level', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3200 }), (millimetres) => {
      const values = sourceValues(profile as NonNullable<typeof profile>, parameters, { level: millimetres / 1000 })
      expect(Object.keys(values)).toEqual(['distance'])
      expect(levelFrom({ value: values.distance ?? Number.NaN })).toEqual({ value: millimetres / 1000 })
    }),
  )
})

test('a source that is given stands', () => {
  expect(sourceValues(profile, parameters, { level: 1, distance: 3 })).toEqual({ distance: 3 })
})
