/** Devices of the reference tag, as most benchmarks have them: `tag-0`, `tag-1` … */

/** Sections of the configuration; `more` goes into each. */
export function tagDevices(count: number, more: object = {}): readonly object[] {
  return Array.from({ length: count }, (_, index) => tagDevice(`tag-${index}`, more))
}

export function tagDevice(id: string, more: object = {}): object {
  return {
    ...{ id, place: '大厅', profile: 'outpost-ref-extinguisher-tag' },
    ...{ broker: 'embedded', address: id, ...more },
  }
}

export const READINGS_PER_MESSAGE = 4

/** A message with four values that move as they do in the field: pressure and temperature in their last digits, the others hardly. */
export function tagMessage(tag: number, index: number): { readonly topic: string; readonly payload: string } {
  const swing = Math.sin(index / 7 + tag)
  const values = {
    pressure: Math.round(11_800 + 200 * swing + 7 * ((index * 31) % 13)) / 10,
    temperature: Math.round(215 + 20 * swing) / 10,
    ...{ present: true, battery: 88 },
  }
  return { topic: `outpost/extinguisher/tag-${tag}`, payload: JSON.stringify(values) }
}
