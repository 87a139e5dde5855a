/** Where bytes do not give the value of the manual: which other type, order, scale or address would. */
import type { ByteOrder, ModbusBinding, WireType } from '../../../../device-profiles/binding-schema.ts'
import { withoutNoise } from '../../../../device-profiles/codec/conversion.ts'
import type { PointProfile, Vector } from '../../../../device-profiles/schema.ts'
import { decodeVectorRegisters } from '../../../../device-profiles/vector-registers.ts'

type Tables = NonNullable<Vector['registers']>

export interface OtherReading {
  readonly binding: ModbusBinding
  /** What is other than in the point, as `byteOrder CDAB`. */
  readonly text: string
}

const TYPES: readonly (readonly WireType[])[] = [
  ['uint16', 'int16', 'bcd16'],
  ['float32', 'uint32', 'int32', 'bcd32'],
]
const ORDERS: readonly ByteOrder[] = ['ABCD', 'CDAB', 'BADC', 'DCBA']
const POWERS = [0, -1, -2, -3, -4, 1, 2, 3, 4]
const MOST = 3

/** The simplest ones, those with the fewest changes. None for 0, which every reading of zeros gives. */
export function otherReadings(
  point: PointProfile,
  { tables, expected }: { readonly tables: Tables; readonly expected: number },
): readonly OtherReading[] {
  const { modbus } = point
  if (modbus === undefined || expected === 0) return []
  const found: { readonly reading: OtherReading; readonly changes: number }[] = []
  for (const binding of candidates(modbus)) {
    const [decoded] = decodeVectorRegisters({ points: [{ ...point, modbus: binding }] }, tables, {}).values()
    if (decoded === undefined || !('value' in decoded)) continue
    if (Math.abs(Number(decoded.value) - expected) > 0.00005 + Math.abs(expected) * 1e-6) continue
    const changes = changesOf(modbus, binding)
    found.push({ reading: { binding, text: changes.join(', ') }, changes: changes.length })
  }
  const fewest = Math.min(...found.map(({ changes }) => changes))
  return found.flatMap(({ reading, changes }) => (changes === fewest ? [reading] : [])).slice(0, MOST)
}

function* candidates(binding: ModbusBinding): Generator<ModbusBinding> {
  const types = TYPES.find((group) => group.includes(binding.type)) ?? [binding.type]
  const scale = typeof binding.scale === 'number' ? binding.scale : 1
  for (const address of [binding.address, binding.address - 1, binding.address + 1]) {
    if (address < 0 || address > 65535) continue
    for (const type of types) {
      for (const byteOrder of types.includes('float32') ? ORDERS : [binding.byteOrder]) {
        for (const power of POWERS) {
          const scaled = withoutNoise(scale * 10 ** power)
          const { scale: _scale, byteOrder: _order, ...rest } = binding
          yield {
            ...{ ...rest, address, type },
            ...(byteOrder !== undefined && { byteOrder }),
            ...(scaled !== 1 && { scale: scaled }),
          }
        }
      }
    }
  }
}

function changesOf(old: ModbusBinding, { address, type, byteOrder = 'ABCD', scale = 1 }: ModbusBinding): string[] {
  return [
    ...(type === old.type ? [] : [`type ${type}`]),
    ...(byteOrder === (old.byteOrder ?? 'ABCD') ? [] : [`byteOrder ${byteOrder}`]),
    ...(scale === (old.scale ?? 1) ? [] : [`scale ${scale}`]),
    ...(address === old.address ? [] : [`address ${address}`]),
  ]
}
