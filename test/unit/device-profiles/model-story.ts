/** One unit of a model in a pipeline: its values are written as its wire has them, and one of its rules judges them. */

import type { ModbusBinding } from '../../../device-profiles/binding-schema.ts'
import { sourceValues } from '../../../device-profiles/codec/derive.ts'
import { encodeMessage } from '../../../device-profiles/codec/message.ts'
import { encodeRegisters } from '../../../device-profiles/codec/registers.ts'
import type { Device, Rule } from '../../../device-profiles/device.ts'
import { Story } from '../pipeline/story.ts'

export type Values = Readonly<Record<string, number | string>>
/** Words, coils or discrete inputs by their addresses. */
type Registers = Map<number, number>

export class ModelStory extends Story {
  readonly #device: Device

  constructor(device: Device, rule: Rule) {
    const plain = { ...device, points: device.points.map(withoutCalculation) }
    const { inhibitedBy: _inhibitedBy, ...alone } = rule
    super([{ ...plain, rules: [alone as Rule] }])
    this.#device = device
  }

  /** What a whole message or a whole poll says; computed points are given as they are. */
  tell(values: Values): this {
    const { id, profile, points, parameters } = this.#device
    const computed = points.filter((point) => point.profile.compute !== undefined).map((point) => point.profile.id)
    const own = Object.fromEntries(Object.entries(values).filter(([point]) => !computed.includes(point)))
    if (profile.protocol === 'self') this.values(id, own)
    else if (profile.protocol === 'modbus') this.#tellRegisters(own)
    else this.say(id, { type: 'message', payload: encodeMessage(profile, own, { parameters }), retained: false })
    const made = computed.filter((point) => values[point] !== undefined)
    if (made.length > 0) this.values(id, Object.fromEntries(made.map((point) => [point, values[point] ?? 0])))
    return this
  }

  /** Time passes without a tick, then one comes, as late ticks do. */
  wait(ms: number): this {
    this.passWithoutTick(ms / 1000)
    this.hear(this.pipeline.tick(this.now))
    return this
  }

  #tellRegisters(values: Values): void {
    const { id, profile, parameters } = this.#device
    const sources = sourceValues(profile, parameters, values)
    const tables = new Map<ModbusBinding['table'], Registers>()
    for (const { id: point, modbus } of profile.points) {
      const value = sources[point]
      if (modbus === undefined || value === undefined) continue
      const registers = tables.get(modbus.table) ?? new Map<number, number>()
      tables.set(modbus.table, registers)
      // Points may share a register, each with bits of its own.
      encodeRegisters(modbus, value, parameters).forEach((word, i) => {
        registers.set(modbus.address + i, (registers.get(modbus.address + i) ?? 0) | word)
      })
      if (modbus.scaleFactor !== undefined) registers.set(modbus.scaleFactor, (modbus.scaleFactorWritten ?? 0) & 0xffff)
    }
    for (const [table, registers] of tables) {
      for (const { address, words } of blocksOf(registers)) this.say(id, { type: 'registers', table, address, words })
    }
  }
}

/** The rules are tried here; how the gateway computes a point has tests of its own. */
function withoutCalculation(point: Device['points'][number]): Device['points'][number] {
  const { calculation: _calculation, ...rest } = point
  return rest
}

function blocksOf(registers: Registers): readonly { readonly address: number; readonly words: readonly number[] }[] {
  const blocks: { address: number; words: number[] }[] = []
  for (const [address, word] of [...registers].sort(([a], [b]) => a - b)) {
    const last = blocks.at(-1)
    if (last !== undefined && last.address + last.words.length === address) last.words.push(word)
    else blocks.push({ address, words: [word] })
  }
  return blocks
}
