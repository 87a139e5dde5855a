/** Why an alarm is as it is, with its numbers, in both languages of the product. */
import type { DiscreteRule, LimitRule, Point, RuleLevel } from '../../device-profiles/device.ts'
import { type Trend, trendPoint } from '../../device-profiles/trend.ts'
import type { LocalText, QualityReason } from '../model.ts'
import type { Frozen } from './rules.ts'
import { duration, heldText, levelName, QUALITY, quantity } from './wording.ts'

/** What the setpoints are compared with, by its name, unit and digits. */
export function subjectOf({ point, trend }: LimitRule): Point {
  if (trend === undefined) return point
  const { name, decimals } = point.profile
  const { text, moreDigits } = trendText(trend)
  const profile = {
    ...trendPoint(point.profile, trend),
    name: { zh: `${name.zh}（${text.zh}）`, en: `${name.en} (${text.en})` },
    decimals: trend.type === 'unchanged' ? 0 : (decimals ?? 1) + moreDigits,
  }
  return { ...point, profile }
}

function trendText(trend: Trend): { readonly text: LocalText; readonly moreDigits: number } {
  if (trend.type === 'unchanged') return { text: { zh: '未变化时间', en: 'time without a change' }, moreDigits: 0 }
  const window = duration(trend.windowMs)
  switch (trend.type) {
    case 'rate':
      return { text: { zh: `${window.zh}变化率`, en: `rate over ${window.en}` }, moreDigits: 1 }
    case 'change':
      return { text: { zh: `${window.zh}内变化`, en: `change within ${window.en}` }, moreDigits: 0 }
    case 'amount':
      return { text: { zh: `${window.zh}累计`, en: `amount within ${window.en}` }, moreDigits: 0 }
    case 'deviation':
      return { text: { zh: `偏离${window.zh}均值`, en: `deviation from the mean of ${window.en}` }, moreDigits: 1 }
  }
}

/** `fallenFrom` names the more severe level that no longer holds. */
export function limitReason(
  rule: LimitRule,
  level: RuleLevel,
  { value, heldMs, fallenFrom }: { value: number; heldMs: number; fallenFrom?: string },
): LocalText {
  const point = subjectOf(rule)
  const { name } = point.profile
  const setpoint = quantity(point, level.setpoint)
  const measured = quantity(point, value, level.setpoint)
  const colour = levelName(level.level)
  const beyond = level.side === 'above' ? value > level.setpoint : value < level.setpoint
  const held = heldText(heldMs)
  const from = fallenFrom === undefined ? null : levelName(fallenFrom)
  const end = {
    zh: held.zh + (from === null ? '' : `，已由${from.zh}级降低`),
    en: held.en + (from === null ? '' : `, down from ${from.en}`),
  }
  if (!beyond && value !== level.setpoint) {
    return {
      zh: `${name.zh} ${measured}，仍在${colour.zh}限值 ${setpoint} 的回差之内${end.zh}`,
      en: `${name.en} ${measured} is still within the deadband of ${setpoint} (${colour.en})${end.en}`,
    }
  }
  const zh = !beyond ? '达到' : level.side === 'above' ? '高于' : '低于'
  const en = !beyond ? 'has reached' : level.side === 'above' ? 'is above' : 'is below'
  return {
    zh: `${name.zh} ${measured}，${zh}${colour.zh}限值 ${setpoint}${end.zh}`,
    en: `${name.en} ${measured} ${en} ${setpoint} (${colour.en})${end.en}`,
  }
}

export function limitReturnReason(
  rule: LimitRule,
  level: RuleLevel | undefined,
  { value, heldMs }: { value: number; heldMs: number },
): LocalText {
  const point = subjectOf(rule)
  const { name } = point.profile
  const held = heldText(heldMs)
  const measured = quantity(point, value, level?.setpoint)
  if (level === undefined) {
    return {
      zh: `${name.zh} ${measured}，已恢复正常${held.zh}`,
      en: `${name.en} ${measured} is back to normal${held.en}`,
    }
  }
  const setpoint = quantity(point, level.setpoint)
  const deadband = quantity(point, level.deadband)
  return {
    zh: `${name.zh} ${measured}，已恢复正常（${levelName(level.level).zh}限值 ${setpoint}，回差 ${deadband}）${held.zh}`,
    en: `${name.en} ${measured} is back to normal (${levelName(level.level).en} ${setpoint}, deadband ${deadband})${held.en}`,
  }
}

export function discreteReason(
  { point }: DiscreteRule,
  value: number,
  { active, heldMs }: { active: boolean; heldMs: number },
): LocalText {
  const { name, states } = point.profile
  const state = states?.[String(value)] ?? { zh: String(value), en: String(value) }
  const held = heldText(heldMs)
  return active
    ? { zh: `${name.zh}为“${state.zh}”${held.zh}`, en: `${name.en} is "${state.en}"${held.en}` }
    : {
        zh: `${name.zh}为“${state.zh}”，已恢复正常${held.zh}`,
        en: `${name.en} is "${state.en}", back to normal${held.en}`,
      }
}

/** `sinceStart`: the device has not spoken since the gateway began to listen. */
export function silenceReason({
  silentMs,
  intervalMs,
  sinceStart,
}: {
  silentMs: number
  intervalMs: number
  sinceStart: boolean
}): LocalText {
  const silent = duration(silentMs)
  const every = duration(intervalMs)
  return {
    zh: `已 ${silent.zh}未收到任何数据${sinceStart ? '（网关启动以来从未收到）' : ''}，正常间隔 ${every.zh}`,
    en: `Nothing heard for ${silent.en}${sinceStart ? ', never since the gateway started' : ''}; expected every ${every.en}`,
  }
}

/** `silentMs` is null where the silence began before the gateway started. */
export function heardAgainReason(silentMs: number | null): LocalText {
  if (silentMs === null) return { zh: '已重新收到数据', en: 'Heard again' }
  const silent = duration(silentMs)
  return { zh: `中断 ${silent.zh}后重新收到数据`, en: `Heard again after ${silent.en} of silence` }
}

export function distrustReason({ profile }: Point, reason: QualityReason): LocalText {
  return {
    zh: `${profile.name.zh}不可信：${QUALITY[reason].zh}`,
    en: `${profile.name.en} cannot be believed: ${QUALITY[reason].en}`,
  }
}

/** The device speaks, but not of this point. `missingMs` is null where it was never good since it is watched. */
export function missedReason({ profile }: Point, missingMs: number | null): LocalText {
  const { zh, en } = profile.name
  if (missingMs === null) {
    return {
      zh: `${zh}不可信：设备在线，但自监测开始从未给出此值`,
      en: `${en} cannot be believed: the device speaks, but has never given this value since it is watched`,
    }
  }
  const missing = duration(missingMs)
  return {
    zh: `${zh}不可信：设备在线，但已 ${missing.zh}未给出此值`,
    en: `${en} cannot be believed: the device speaks, but has not given this value for ${missing.en}`,
  }
}

export function trustedAgainReason(point: Point | undefined): LocalText {
  if (point === undefined) return { zh: '数据恢复可信', en: 'The data can be believed again' }
  const { name } = point.profile
  return { zh: `${name.zh}恢复可信`, en: `${name.en} can be believed again` }
}

/** `frozen`: why a limit is not judged; null: it is again. */
export function setpointReason({ zh, en }: LocalText, frozen: Frozen | null): LocalText {
  if (frozen === null) return { zh: `${zh}：限值恢复，重新判断`, en: `${en}: its setpoints are known again` }
  if (frozen.type === 'crossed') {
    const level = levelName(frozen.level)
    return {
      zh: `${zh}暂停判断：${level.zh}级的限值落在较轻级别之内`,
      en: `${en} is not judged: the setpoint of ${level.en} lies within a milder level`,
    }
  }
  return {
    zh: `${zh}暂停判断：限值取自 ${frozen.point}，该值不可信`,
    en: `${en} is not judged: its setpoint comes from ${frozen.point}, which cannot be believed`,
  }
}

/** `ageMs`: since it was measured. */
export function reportedLate({ zh, en }: LocalText, ageMs: number): LocalText {
  const days = Math.floor(ageMs / 86_400_000)
  const age = days >= 2 ? { zh: `${days} 天`, en: `${days} days` } : duration(Math.max(0, ageMs))
  return { zh: `补报，${age.zh}前测得：${zh}`, en: `Reported late, measured ${age.en} ago: ${en}` }
}

/** The gateway measures; people decide (DZ/T 0460-2023 8.4.2). */
export function proposedReason({ zh, en }: LocalText, level: string): LocalText {
  const name = levelName(level)
  return {
    zh: `建议${name.zh}级，待人工确认：${zh}`,
    en: `Proposes the level ${name.en}, to be confirmed by a person: ${en}`,
  }
}

/** Of a condition that is over while the level that people have confirmed stands. */
export function standsReason({ zh, en }: LocalText, level: string): LocalText {
  const name = levelName(level)
  return {
    zh: `${zh}；已确认的${name.zh}级仍然有效，由人工复位解除`,
    en: `${en}; the confirmed level ${name.en} stands until a person resets it`,
  }
}

/** With what the device says itself, in whatever language it speaks. */
export function withDetail({ zh, en }: LocalText, detail: string | null): LocalText {
  return detail === null || detail === '' ? { zh, en } : { zh: `${zh}：${detail}`, en: `${en}: ${detail}` }
}
