import { expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import type { Device } from '../../../device-profiles/device.ts'
import { resolveDevice } from '../../../device-profiles/resolve.ts'
import { unitsOf } from '../../../gateway/app/line-options.ts'

const catalogue = loadCatalogue()

function deviceOf(profile: string, parameters: Readonly<Record<string, number>> = {}): Device {
  const names = { id: 'it', station: 'longtian', name: 'it', place: 'here' }
  const resolution = resolveDevice({ ...names, profile, parameters }, catalogue)
  if ('problems' in resolution) throw new Error(JSON.stringify(resolution.problems))
  return resolution.device
}

test('points with a rule of the class alarm are alarm points, a derived one by what it is derived from', () => {
  const devices = [
    deviceOf('dfrobot-sen0676', { 'installation-height': 5 }),
    deviceOf('outpost-ref-extinguisher-tag-modbus'),
    deviceOf('renke-rs-yg-n01'),
  ]
  const units = devices.map((device, index) => ({ device, unitId: index + 1, mustNotRead: [] }))
  const times = { timeoutMs: 1000, interRequestDelayMs: 0, connectDelayMs: 0, quietAfterTimeoutMs: undefined }
  const line = {
    id: 'bus',
    type: 'modbus-tcp',
    host: '127.0.0.1',
    port: 502,
    units,
    replyTimeMs: 20,
    ...times,
  } as const
  const [radar, tag, smoke] = unitsOf(line).map(({ alarmPoints }) => alarmPoints)
  expect(radar).toEqual(['distance'])
  expect(smoke).toEqual(['smoke'])
  // The battery has a rule too, of the class fault.
  expect(devices[1]?.rules.some((rule) => 'point' in rule && rule.point.profile.id === 'battery')).toBe(true)
  expect(tag).toContain('pressure')
  expect(tag).not.toContain('battery')
})
