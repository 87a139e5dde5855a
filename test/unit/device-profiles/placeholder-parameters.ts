import type { DeviceProfile } from '../../../device-profiles/schema.ts'

/** A value for every parameter of the profile: the given one, else its default, else the end of its range. */
export function parametersOf(
  profile: DeviceProfile,
  given: Readonly<Record<string, number>> = {},
): Record<string, number> {
  const all = Object.entries(profile.parameters ?? {})
  return {
    ...Object.fromEntries(all.map(([id, { default: standard, range }]) => [id, standard ?? range?.[1] ?? 1])),
    ...given,
  }
}
