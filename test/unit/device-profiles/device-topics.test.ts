import { expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { deviceTopics } from '../../../device-profiles/device-topics.ts'
import type { DeviceProfile } from '../../../device-profiles/schema.ts'

const { profiles } = loadCatalogue([new URL('../../../device-profiles', import.meta.url).pathname])

function topicsOf(profile: string, address: string, networkServer?: 'the-things-stack-v3') {
  const found = profiles.get(profile)
  if (found === undefined) throw new Error(`no profile ${profile}`)
  return deviceTopics(found, { address, networkServer })
}

test('a device speaks on its own topic and hears its commands', () => {
  expect(topicsOf('outpost-ref-extinguisher-tag', 'tag-1')).toEqual({
    speaks: ['outpost/extinguisher/tag-1'],
    hears: ['outpost/extinguisher/tag-1/set'],
  })
})

test('a sensor behind a network server has the topics of that server', () => {
  expect(topicsOf('milesight-em500-pp', '24e124')).toEqual({
    speaks: ['application/+/device/24e124/event/up'],
    hears: ['application/+/device/24e124/command/down'],
  })
  expect(topicsOf('milesight-em500-pp', '24e124', 'the-things-stack-v3').hears).toEqual([
    'v3/+/devices/24e124/down/push',
  ])
})

test('a device that is only heard hears nothing', () => {
  const silent = [...profiles.values()].filter(({ mqtt, commands = [] }) => mqtt !== undefined && commands.length === 0)
  for (const profile of silent) expect(deviceTopics(profile, { address: 'a' }).hears).toEqual([])
  expect(silent.length).toBeGreaterThan(0)
})

test('an edge node of Sparkplug says its own births, and hears who asks for them', () => {
  const mqtt = (topic: string): Pick<DeviceProfile, 'mqtt'> => ({
    mqtt: { topic, interval: '1m', payload: { format: 'sparkplug-b' } },
  })
  expect(deviceTopics(mqtt('spBv1.0/g/+/n/{address}'), { address: 'd' })).toEqual({
    speaks: ['spBv1.0/g/+/n', 'spBv1.0/g/+/n/d'],
    hears: ['spBv1.0/g/NCMD/n', 'spBv1.0/g/DCMD/n/d'],
  })
  expect(deviceTopics(mqtt('spBv1.0/g/+/{address}'), { address: 'n' })).toEqual({
    speaks: ['spBv1.0/g/+/n'],
    hears: ['spBv1.0/g/NCMD/n'],
  })
})

test('a unit may say that it is gone, and nothing that a bridge says of all', () => {
  const availability = [
    { topic: 'base/{address}/availability', offline: ['offline'] },
    { topic: 'base/bridge/state', offline: ['offline'] },
  ]
  const mqtt = { topic: 'base/{address}', alsoOn: ['base/{address}/more'], availability, interval: '1m' }
  expect(deviceTopics({ mqtt: { ...mqtt, payload: { format: 'json' } } }, { address: 'd' }).speaks).toEqual([
    'base/d',
    'base/d/more',
    'base/d/availability',
  ])
})
