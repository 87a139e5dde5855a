import type { DeviceProfile } from './schema.ts'

/** A value for every parameter, to try a profile with: the given one, else its default, else the end of its range, else 1. */
export function exampleParameters(
  profile: Pick<DeviceProfile, 'parameters'>,
  given: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const all = Object.entries(profile.parameters ?? {})
  return {
    ...Object.fromEntries(all.map(([id, { default: standard, range }]) => [id, standard ?? range?.[1] ?? 1])),
    ...given,
  }
}
