/** Units of the models that come with the product, and a story in steps of minutes to hours. */
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import type { Device } from '../../../device-profiles/device.ts'
import { type Installation, resolveDevice } from '../../../device-profiles/resolve.ts'
import type { PointStatus } from '../../../gateway/pipeline/status.ts'
import type { Story } from './story.ts'

const catalogue = loadCatalogue()

export function unit(profile: string, options: Partial<Installation> = {}): Device {
  const installation = { id: 'd', station: 'longtian', name: 'unit', place: 'gate 3', profile, ...options }
  const resolution = resolveDevice(installation, catalogue)
  if ('problems' in resolution) throw new Error(JSON.stringify(resolution.problems))
  return resolution.device
}

/** Time passes without a tick, then one comes, as late ticks do. */
export function wait(story: Story, ms: number): Story {
  story.passWithoutTick(ms / 1000)
  story.hear(story.pipeline.tick(story.now))
  return story
}

/** The newest reading of a point, with what is wrong with it. */
export function newest(story: Story, point: string): NonNullable<PointStatus['reading']> {
  for (const { point: found, reading } of story.pipeline.points()) {
    if (found.id === `d.${point}` && reading !== null) return reading
  }
  throw new Error(`nothing was read of ${point}`)
}

export function happened(story: Story): readonly string[] {
  return story.tale.map((line) => line.replace(/^.*: d\./, ''))
}
