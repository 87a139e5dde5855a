/**
 * Which alarm of a group came first. One that is raised while no other alarm of the members is active is first out, and stays
 * it until it is normal again, returned and acknowledged; whatever follows is a consequence until somebody knows better.
 * Faults, and what people have put aside, neither are first nor keep another from it.
 */
import type { Device } from '../../device-profiles/device.ts'
import type { Alarm } from '../alarm-model.ts'

export class FirstOut {
  /** Ids of groups, by their members. */
  #groupsOf: ReadonlyMap<string, readonly string[]> = new Map()
  /** Ids of alarms that are active, or were the first and are not normal yet; by group. */
  #open: ReadonlyMap<string, Set<string>> = new Map()

  watch(devices: Iterable<Device>, alarms: Iterable<Alarm>): void {
    const groupsOf = new Map<string, string[]>()
    const open = new Map<string, Set<string>>()
    for (const { id, members } of devices) {
      if (members === undefined) continue
      open.set(id, new Set())
      for (const member of members) groupsOf.set(member, [...(groupsOf.get(member) ?? []), id])
    }
    this.#groupsOf = groupsOf
    this.#open = open
    for (const alarm of alarms) this.note(alarm)
  }

  /** After every change of an alarm. */
  note(alarm: Alarm): void {
    for (const group of this.#groupsOf.get(alarm.device) ?? []) {
      if (counts(alarm) && (alarm.facts.active || alarm.firstOut.includes(group))) this.#open.get(group)?.add(alarm.id)
      else this.#open.get(group)?.delete(alarm.id)
    }
  }

  /** The groups in which an alarm would be first if it were raised now. */
  of(alarm: Alarm): readonly string[] {
    if (!counts(alarm)) return []
    return (this.#groupsOf.get(alarm.device) ?? []).filter((group) => this.#open.get(group)?.size === 0)
  }
}

function counts({ class: kind, shelving, outOfService, mode, mark }: Alarm): boolean {
  return kind === 'alarm' && shelving === null && outOfService === null && mode === null && mark === null
}
