/** What a Modbus device does when it is told something: it shows, where its profile says, that it was done. */
import { readBackBinding, writtenBinding } from '../../device-profiles/codec/command-write.ts'
import { decodeRegisters, encodeRegisters, registerCount } from '../../device-profiles/codec/registers.ts'
import type { CommandProfile } from '../../device-profiles/command-schema.ts'
import type { DeviceProfile } from '../../device-profiles/schema.ts'
import { writeWords } from './device-registers.ts'
import type { Range, RegisterBank, Table } from './register-bank.ts'

interface Told {
  readonly profile: DeviceProfile
  readonly parameters: Readonly<Record<string, number>>
  /** What a master has written. */
  readonly written: Range & { readonly table: Table }
}

export function carryOutCommands(bank: RegisterBank, { profile, parameters, written }: Told): void {
  for (const command of profile.commands ?? []) {
    const binding = writtenBinding(profile, command)
    const shownIn = readBackBinding(profile, command)
    if (binding === undefined || shownIn === undefined || binding === shownIn) continue
    const { table, address } = binding
    const count = registerCount(binding)
    const isTouched =
      table === written.table && address < written.address + written.count && written.address < address + count
    if (!isTouched) continue
    const words = Array.from({ length: count }, (_, i) => bank.read(table, address + i))
    const told = decodeRegisters(binding, words, parameters)
    if (!('value' in told) || !knows(command, Number(told.value))) continue
    const shows =
      command.confirm?.type === 'read-back' ? (command.confirm.shows ?? Number(told.value)) : Number(told.value)
    writeWords(bank, shownIn, encodeRegisters(shownIn, shows, parameters))
    // Two commands that share a register are carried out once.
    return
  }
}

/** Another command may say another value in the same register. */
function knows({ value, argument, revert }: CommandProfile, told: number): boolean {
  if (told === value || told === revert) return true
  const { range, states } = argument ?? {}
  if (range !== undefined) return told >= range[0] && told <= range[1]
  return states !== undefined && Object.hasOwn(states, String(told))
}
