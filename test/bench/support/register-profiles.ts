/** Device profiles of a benchmark: nothing but floats in registers that follow one another. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'

const KIND = {
  kind: 'meter',
  name: { zh: '仪表', en: 'Meter' },
  quantities: { first: { name: { zh: '首个读数', en: 'First value' }, unit: '1' } },
  rules: [
    {
      id: 'first-high',
      type: 'limit',
      quantity: 'first',
      name: { zh: '读数过高', en: 'Value high' },
      levels: [{ level: 'high', above: 80, deadband: 1, priority: 'medium' }],
      guidance: { zh: '检查。', en: 'Look.' },
    },
    {
      id: 'no-data',
      type: 'no-data',
      after: { intervals: 10 },
      priority: 'medium',
      name: { zh: '失联', en: 'Silent' },
      guidance: { zh: '检查。', en: 'Look.' },
    },
    {
      id: 'bad-quality',
      type: 'bad-quality',
      priority: 'medium',
      onDelay: '30s',
      name: { zh: '不可信', en: 'Not believable' },
      guidance: { zh: '检查。', en: 'Look.' },
    },
  ],
}

export interface RegisterProfile {
  readonly floats: number
  /** So many stand together, and one register that nobody reads lies before the next ones; all stand together if absent. */
  readonly perRead?: number
}

/** A folder for `gateway.deviceProfiles` with a profile `floats-<count>` for each of `profiles`. */
export function writeRegisterProfiles(profiles: readonly RegisterProfile[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-profiles-'))
  mkdirSync(join(folder, 'kinds'))
  mkdirSync(join(folder, 'models'))
  writeFileSync(join(folder, 'kinds/meter.yaml'), stringify(KIND))
  for (const profile of profiles) {
    const file = profileOf(profile)
    writeFileSync(join(folder, `models/${file.id}.yaml`), stringify(file))
  }
  return folder
}

function profileOf({ floats, perRead = floats }: RegisterProfile) {
  return {
    id: `floats-${floats}`,
    vendor: 'benchmark',
    model: `floats-${floats}`,
    name: { zh: `${floats} 个浮点数`, en: `${floats} floats` },
    kind: 'meter',
    protocol: 'modbus',
    status: 'reference',
    sources: [{ title: 'made for the benchmark' }],
    modbus: { pollInterval: '1s' },
    points: Array.from({ length: floats }, (_, index) => ({
      id: `value-${index}`,
      name: { zh: `读数 ${index}`, en: `Value ${index}` },
      ...(index === 0 && { quantity: 'first' }),
      ...{ unit: '1', type: 'number', range: [-1000, 1000] },
      modbus: { table: 'holding-register', address: 2 * index + Math.floor(index / perRead), type: 'float32' },
    })),
  }
}
