/** Devices with ten values and ten limits each: as many points and alarms as a benchmark wants. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'

export const VALUES_PER_DEVICE = 10

const values = Array.from({ length: VALUES_PER_DEVICE }, (_, index) => `value-${index}`)

const KIND = {
  kind: 'bank',
  name: { zh: '测试组', en: 'Bank' },
  quantities: Object.fromEntries(
    values.map((id) => [id, { name: { zh: `读数 ${id}`, en: `Value ${id}` }, unit: '1' }]),
  ),
  rules: [
    ...values.map((id) => ({
      ...{ id: `${id}-high`, type: 'limit', quantity: id, name: { zh: '读数过高', en: 'Value high' } },
      levels: [{ level: 'high', above: 80, deadband: 1, priority: 'medium' }],
      guidance: { zh: '检查。', en: 'Look.' },
    })),
    {
      ...{ id: 'no-data', type: 'no-data', after: { intervals: 10 }, priority: 'medium' },
      ...{ name: { zh: '失联', en: 'Silent' }, guidance: { zh: '检查。', en: 'Look.' } },
    },
    {
      ...{ id: 'bad-quality', type: 'bad-quality', priority: 'medium', onDelay: '30s' },
      ...{ name: { zh: '不可信', en: 'Not believable' }, guidance: { zh: '检查。', en: 'Look.' } },
    },
  ],
}

const MODEL = {
  ...{ id: 'bank', vendor: 'benchmark', model: 'bank', name: { zh: '测试组', en: 'Bank' }, kind: 'bank' },
  ...{ protocol: 'mqtt', status: 'reference', sources: [{ title: 'made for the benchmark' }] },
  mqtt: { topic: 'bank/{address}', interval: '15m', payload: { format: 'json' } },
  points: values.map((id) => ({
    ...{ id, name: { zh: `读数 ${id}`, en: `Value ${id}` }, quantity: id, unit: '1', type: 'number' },
    ...{ range: [-1000, 1000], json: { pointer: `/${id}` } },
  })),
}

/** A folder for `gateway.deviceProfiles`; whoever asks for it removes it. */
export function writeAlarmBank(): string {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-profiles-'))
  for (const [part, file] of [
    ['kinds', KIND],
    ['models', MODEL],
  ] as const) {
    mkdirSync(join(folder, part))
    writeFileSync(join(folder, part, 'bank.yaml'), stringify(file))
  }
  return folder
}

export function bankDevices(count: number): readonly object[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ id: `bank-${index}`, place: '机房', profile: 'bank', broker: 'embedded', address: `${index}` },
  }))
}

/** Every value is beyond its limit. */
export function bankMessage(device: number, index: number): { readonly topic: string; readonly payload: string } {
  const payload = Object.fromEntries(values.map((id, at) => [id, 90 + ((device + 3 * index + at) % 50) / 10]))
  return { topic: `bank/${device}`, payload: JSON.stringify(payload) }
}
