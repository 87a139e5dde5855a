import { expect, test } from 'vitest'
import { PointDescriptions } from '../../../gateway/app/point-descriptions.ts'
import { deviceOf, pointOf } from '../pipeline/devices.ts'

const level = pointOf('water', { id: 'level', unit: 'm' })
const battery = pointOf('water', { id: 'battery', unit: '%' })
const water = deviceOf('water', { points: [level, battery], rules: [] })

test('says what a point is, and nothing about a point that was never configured', () => {
  const points = new PointDescriptions()
  points.add([water])
  const about = { station: 'longtian', device: 'water', pointId: 'level', kind: 'test-kind', type: 'number', unit: 'm' }
  expect(points.get('water.level')).toEqual(about)
  expect(points.get('water.level')).toBe(points.get('water.level'))
  expect([points.get('water.leve'), points.get('fire.level'), points.get('')]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

test('a changed point is described anew; removed points and devices keep what was said of them', () => {
  const points = new PointDescriptions()
  points.add([water])
  expect(points.get('water.level')?.unit).toBe('m')
  points.add([deviceOf('water', { points: [pointOf('water', { id: 'level', unit: 'mm' })], rules: [] })])
  points.add([deviceOf('fire', { points: [pointOf('fire', { id: 'smoke' })], rules: [] })])
  expect(points.get('water.level')?.unit).toBe('mm')
  expect(points.get('water.battery')?.unit).toBe('%')
  expect(points.get('fire.smoke')?.device).toBe('fire')
})
