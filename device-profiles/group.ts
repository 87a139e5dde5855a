/** From what the configuration says about a group to a device of its own, whose rules are the votes over its members. */
import type { LocalText } from './base-schema.ts'
import type { Device, Priority, Rule, VoteFaultRule, VoteMember, VoteRule } from './device.ts'
import { parseDuration } from './duration.ts'
import { DEFAULT_GUIDANCE, handling, scheduledOf } from './finish-rule.ts'
import type { GroupSection, VoteProfile } from './group-schema.ts'
import { inhibitionProblems } from './rules.ts'
import type { Timetable } from './scheduled-rules.ts'
import type { DeviceProfile } from './schema.ts'
import { suggestion } from './suggestion.ts'
import type { DocumentPath } from './yaml-document.ts'

type Report = (path: DocumentPath, message: string) => void

export interface GroupSurroundings {
  readonly station: string
  readonly language: 'zh' | 'en'
  /** The devices of the configuration by their ids. */
  readonly devices: ReadonlyMap<string, Device>
  readonly timetable?: Timetable
  /** Paths are relative to the group. */
  readonly report: Report
}

const MEMBERS: LocalText = { zh: '成员', en: 'members' }
const DEFAULT_FAILS_AFTER = '10s'
const MILDER: Readonly<Record<Priority, Priority>> = { urgent: 'high', high: 'medium', medium: 'low', low: 'low' }
/** It says nothing itself, so nothing can be missed. */
const NEVER_MS = 3_600_000

const DEGRADED_GUIDANCE: LocalText = {
  zh: '表决以较少的成员继续进行。查看是哪个成员不可用，通知维保单位修复；修复前留意该处。',
  en: 'The vote goes on with fewer members. See which one does not count and have it repaired; keep an eye on the place until then.',
}
const IMPOSSIBLE_GUIDANCE: LocalText = {
  zh: '没有一个成员可用，该表决无法报警。立即安排人员巡查，检查供电、线路和网关。',
  en: 'No member can be believed, so the vote cannot alarm. Have the place patrolled at once; check power, lines and the gateway.',
}

export function resolveGroup(section: GroupSection, surroundings: GroupSurroundings): Device {
  const { station, language, devices, timetable = {}, report } = surroundings
  const members = [...membersOf(section, devices, report)]
  const rules = (section.rules ?? []).flatMap((profile, index) => {
    const at = (path: DocumentPath, message: string): void => report(['rules', index, ...path], message)
    return rulesOf(profile, { members, memberName: section.memberName ?? MEMBERS, timetable, report: at })
  })
  reportDoubles(rules, section, report)
  return {
    ...{ id: section.id, station, name: section.name[language], place: section.place, kind: 'group' },
    profile: profileOf(section),
    ...{ parameters: {}, points: [], rules, intervalMs: NEVER_MS, members: section.members },
  }
}

function profileOf({ name }: GroupSection): DeviceProfile {
  return {
    ...{ id: 'outpost-group', vendor: 'Outpost', model: 'A group of devices', name, kind: 'group' },
    ...{ protocol: 'self', status: 'reference', sources: [{ title: 'the configuration' }], points: [] },
  }
}

function* membersOf(
  { members }: GroupSection,
  devices: ReadonlyMap<string, Device>,
  report: Report,
): Generator<Device> {
  for (const [index, id] of members.entries()) {
    const device = devices.get(id)
    if (members.indexOf(id) < index) report(['members', index], `expected each device once, got "${id}" twice`)
    else if (device !== undefined) yield device
    else {
      const names = [...devices.keys()]
      report(['members', index], `expected the id of a device, got "${id}"${suggestion(id, names)}`)
    }
  }
}

interface VoteContext {
  readonly members: readonly Device[]
  readonly memberName: LocalText
  readonly timetable: Timetable
  readonly report: Report
}

function rulesOf(profile: VoteProfile, context: VoteContext): readonly Rule[] {
  const { id, name, priority, within, degradation = 'safety' } = profile
  const { memberName, report } = context
  const members = [...conditionsOf(profile, context)]
  const need = profile.need === 'any' ? 1 : profile.need === 'all' ? members.length : profile.need
  if (members.length > 0 && need > members.length) {
    const expected = `expected at most ${members.length}, for so many can be in alarm`
    report(['need'], `${expected}; got ${need}, which would never raise it`)
  }
  const vote: VoteRule = {
    ...{ id, name, priority, memberName, members, need, degradation },
    class: profile.class ?? 'alarm',
    latching: profile.latching ?? false,
    guidance: profile.guidance ?? DEFAULT_GUIDANCE,
    onDelayMs: parseDuration(profile.onDelay ?? '0s'),
    offDelayMs: parseDuration(profile.offDelay ?? '0s'),
    withinMs: within === undefined ? 0 : parseDuration(within),
    memberFailsMs: parseDuration(profile.memberFailsAfter ?? DEFAULT_FAILS_AFTER),
    ...handling(profile),
    ...scheduledOf(profile, {
      ...{ id, path: '', timetable: context.timetable, limit: null },
      report: (path, message) => report(listPath(path), message),
    }),
    type: 'vote',
  }
  return [vote, ...faultsOf(vote)]
}

/** That it votes with fewer is less urgent than what it votes on; that it cannot vote at all is not. */
function faultsOf({ id, name, priority }: VoteRule): readonly VoteFaultRule[] {
  const fault = { class: 'fault', latching: false, onDelayMs: 0, offDelayMs: 0, vote: id } as const
  const impossible = `${id}-impossible`
  return [
    {
      ...fault,
      ...{ type: 'vote-degraded', id: `${id}-degraded`, priority: MILDER[priority], guidance: DEGRADED_GUIDANCE },
      name: { zh: `${name.zh}：表决降级`, en: `${name.en}: vote degraded` },
      inhibitedBy: [impossible],
    },
    {
      ...fault,
      ...{ type: 'vote-impossible', id: impossible, priority, guidance: IMPOSSIBLE_GUIDANCE },
      name: { zh: `${name.zh}：无法表决`, en: `${name.en}: no vote possible` },
    },
  ]
}

function* conditionsOf({ of, level }: VoteProfile, { members, report }: VoteContext): Generator<VoteMember> {
  if (typeof of === 'string') {
    for (const device of members) {
      const member = memberOf(device, { rule: of, level, report: (message) => report(['of'], message) })
      if (member !== null) yield member
    }
    return
  }
  if (level !== undefined)
    report(['level'], 'expected the level beside each rule, because the rules are given one by one')
  for (const [index, { device: id, rule, level: own }] of of.entries()) {
    const device = members.find((candidate) => candidate.id === id)
    const at = (message: string, key = 'rule'): void => report(['of', index, key], message)
    if (device === undefined) {
      const ids = members.map((member) => member.id)
      at(`expected a member of the group, got "${id}"${suggestion(id, ids)}`, 'device')
      continue
    }
    const member = memberOf(device, { rule, level: own, report: at })
    if (member === null) continue
    const several = of.filter(({ device: other }) => other === id).length > 1
    const title = device.rules.find((candidate) => candidate.id === member.rules[0])?.name.en
    yield several ? { ...member, name: `${device.name}: ${title}` } : member
  }
}

/** A rule on a quantity that several points measure is one rule for each, and any of them counts. */
function memberOf(
  device: Device,
  {
    rule: wanted,
    level,
    report,
  }: { readonly rule: string; readonly level: string | undefined; readonly report: (message: string) => void },
): VoteMember | null {
  const watching = device.rules.filter((rule) => rule.type === 'limit' || rule.type === 'discrete')
  const found = watching.filter(({ id, point }) => id === wanted || id === `${wanted}-${point.profile.id}`)
  if (found.length === 0) {
    const ids = watching.map(({ id }) => id)
    const has = ids.length === 0 ? 'it watches no point' : `it has ${ids.join(', ')}`
    report(`expected a rule on a point of "${device.id}", got "${wanted}"; ${has}${suggestion(wanted, ids)}`)
    return null
  }
  const levels = found.flatMap((rule) => (rule.type === 'limit' ? rule.levels.map((one) => one.level) : []))
  if (level !== undefined && !levels.includes(level)) {
    const has = levels.length === 0 ? 'it has none' : `it has ${levels.join(', ')}`
    report(`the rule "${wanted}" of "${device.id}" has no level "${level}"; ${has}`)
    return null
  }
  const rules = found.map(({ id }) => id)
  return { device: device.id, name: device.name, rules, ...(level !== undefined && { level }) }
}

function reportDoubles(rules: readonly Rule[], { rules: profiles = [] }: GroupSection, report: Report): void {
  const seen = new Set<string>()
  for (const rule of rules) {
    const index = profiles.findLastIndex(({ id }) => id === rule.id)
    // Two votes of one name have faults of one name too; that is one mistake.
    if (seen.has(rule.id) && index >= 0) {
      report(['rules', index, 'id'], `expected an id of its own, got "${rule.id}" twice`)
    }
    seen.add(rule.id)
  }
  for (const [id, message] of inhibitionProblems(rules)) {
    report(['rules', profiles.findIndex((profile) => profile.id === id), 'inhibitedBy'], message)
  }
}

/** '.scheduled.0.during' as the way to a place. */
function listPath(path: string): DocumentPath {
  const parts = path.split('.').slice(1)
  return parts.map((part, i) => (parts[i - 1] === 'scheduled' ? Number(part) : part))
}
