/** Why a group votes as it does, with its numbers and the names of its members. */
import type { LimitRule, RuleLevel } from '../../device-profiles/device.ts'
import type { Instant, LocalText } from '../model.ts'
import { subjectOf } from './reason.ts'
import { activeGate } from './rules.ts'
import type { Loss, MemberState, VoteSight, VoteState } from './votes.ts'
import { duration, heldText, QUALITY, quantity } from './wording.ts'

interface Told {
  readonly type: 'vote' | 'vote-degraded' | 'vote-impossible'
  readonly active: boolean
  readonly heldMs: number
  readonly at: Instant
  readonly group: VoteSight
}

/** More names than this are a number. */
const MOST_NAMES = 5

const LOSSES: Readonly<Record<Exclude<Loss, keyof typeof QUALITY>, LocalText>> = {
  'never-heard': { zh: '从未收到数据', en: 'never heard' },
  'out-of-service': { zh: '已停用', en: 'out of service' },
  maintenance: { zh: '维护中', en: 'in maintenance' },
  test: { zh: '测试中', en: 'under test' },
}

export function voteReason(state: VoteState, told: Told): LocalText {
  if (told.type === 'vote-impossible') return impossibleReason(state, told)
  if (told.type === 'vote-degraded') return degradedReason(state, told)
  return told.active ? raisedReason(state, told) : returnedReason(state, told)
}

/** "2 of 3 detectors: smoke obscuration above 0.15 dB/m for 8 s (hall east 0.18 dB/m, hall west 0.21 dB/m)". */
function raisedReason({ vote, members, tally }: VoteState, { at, group }: Told): LocalText {
  const { memberName } = vote.rule
  const { counted, total, since } = tally
  const held = heldText(since === null ? 0 : at.mono - since)
  const words = counted.map((member) => wordsOf(member, { at, group }))
  const [first] = words
  const shared = first !== undefined && words.every(({ condition }) => condition.en === first.condition.en)
  const names = listOf(
    words.map(({ name, condition, value, recalled }) => ({
      zh: join(' ', name, shared ? '' : condition.zh, value, recalled.zh),
      en: join(' ', name, shared ? '' : condition.en, value, recalled.en),
    })),
  )
  const condition = shared ? { zh: `：${first.condition.zh}`, en: `: ${first.condition.en}` } : { zh: '', en: '' }
  const fewer = tally.healthy < total ? fewerText({ vote, members, tally }) : null
  return {
    zh: `${total} 个${memberName.zh}中 ${counted.length} 个报警${condition.zh}${held.zh}（${names.zh}）${fewer === null ? '' : `；${fewer.zh}`}`,
    en: `${counted.length} of ${total} ${memberName.en}${condition.en}${held.en} (${names.en})${fewer === null ? '' : `; ${fewer.en}`}`,
  }
}

function returnedReason({ vote, tally }: VoteState, { heldMs }: Told): LocalText {
  const { counted, total, required } = tally
  const { memberName } = vote.rule
  const held = heldText(heldMs)
  return {
    zh: `${total} 个${memberName.zh}中仅 ${counted.length} 个报警，少于所需的 ${required} 个，已恢复正常${held.zh}`,
    en: `${counted.length} of ${total} ${memberName.en} in alarm, fewer than the ${required} needed; back to normal${held.en}`,
  }
}

function degradedReason(state: VoteState, { active }: Told): LocalText {
  const { tally, vote } = state
  if (active) return fewerText(state)
  const { total, required } = tally
  const { memberName } = vote.rule
  return {
    zh: `${total} 个${memberName.zh}全部可用，表决恢复为 ${total} 取 ${required}`,
    en: `All ${total} ${memberName.en} count again; voting ${required} of ${total}`,
  }
}

function impossibleReason({ vote, members, tally }: VoteState, { active }: Told): LocalText {
  const { total, healthy, required } = tally
  const { memberName } = vote.rule
  if (!active) {
    return {
      zh: `${total} 个${memberName.zh}中 ${healthy} 个可用，表决恢复为 ${healthy} 取 ${required}`,
      en: `${healthy} of ${total} ${memberName.en} count again; voting ${required} of ${healthy}`,
    }
  }
  const lost = lostText(members)
  return {
    zh: `${total} 个${memberName.zh}均不可用，无法表决，不等于正常：${lost.zh}`,
    en: `None of ${total} ${memberName.en} can be counted, so there is no vote, which is not "normal": ${lost.en}`,
  }
}

function fewerText({ vote, members, tally }: Pick<VoteState, 'vote' | 'members' | 'tally'>): LocalText {
  const { total, healthy, required } = tally
  const { need } = vote.rule
  const lost = lostText(members)
  return {
    zh: `表决由 ${total} 取 ${need} 降为 ${healthy} 取 ${required}，不计入：${lost.zh}`,
    en: `voting ${required} of ${healthy} instead of ${need} of ${total}; not counted: ${lost.en}`,
  }
}

function lostText(members: readonly MemberState[]): LocalText {
  return listOf(
    members.flatMap(({ member: { name }, loss }) => {
      if (loss === null) return []
      const why = { ...QUALITY, ...LOSSES }[loss]
      return [{ zh: `${name}（${why.zh}）`, en: `${name} (${why.en})` }]
    }),
  )
}

interface MemberWords {
  readonly name: string
  readonly condition: LocalText
  readonly value: string
  /** Where it has returned since. */
  readonly recalled: LocalText
}

function wordsOf(member: MemberState, { at, group }: { readonly at: Instant; readonly group: VoteSight }): MemberWords {
  const { name, level } = member.member
  const recalled = member.on ? { zh: '', en: '' } : agoText(at.mono - member.raisedAt)
  const watched = [...group.watched(member.member)]
  const speaking = watched.find(({ state }) => activeGate(state) >= 0) ?? watched[0]
  if (speaking === undefined) return { name, condition: { zh: '', en: '' }, value: '', recalled }
  const { rule, trend, levels } = speaking.state
  if (rule.type === 'discrete') return { name, condition: rule.name, value: '', recalled }
  const subject = subjectOf(rule)
  const value = trend === null ? speaking.point.reading?.value : trend.value
  const number = member.on && typeof value === 'number' ? quantity(subject, value) : ''
  return {
    name,
    condition: limitText(rule, level === undefined ? levels[0] : levels.find((one) => one.level === level)),
    value: number,
    recalled,
  }
}

function limitText(rule: LimitRule, level: RuleLevel | undefined): LocalText {
  const subject = subjectOf(rule)
  const { zh, en } = subject.profile.name
  if (level === undefined) return { zh, en }
  const setpoint = quantity(subject, level.setpoint)
  const isAbove = level.side === 'above'
  return { zh: `${zh}${isAbove ? '高于' : '低于'} ${setpoint}`, en: `${en} ${isAbove ? 'above' : 'below'} ${setpoint}` }
}

function agoText(ms: number): LocalText {
  const ago = duration(ms)
  return { zh: `${ago.zh}前`, en: `${ago.en} ago` }
}

function listOf(names: readonly LocalText[]): LocalText {
  const shown = names.slice(0, MOST_NAMES)
  const more = names.length - shown.length
  const zh = shown.map((name) => name.zh).join('、')
  const en = shown.map((name) => name.en).join(', ')
  return more === 0 ? { zh, en } : { zh: `${zh} 等 ${names.length} 个`, en: `${en} and ${more} more` }
}

function join(by: string, ...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(by)
}
