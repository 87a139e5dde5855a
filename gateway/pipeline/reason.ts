/** Why an alarm is as it is, with its numbers, in both languages of the product. */
import type { DiscreteRule, LimitRule, Point, RuleLevel } from '../../device-profiles/device.ts'
import { type Trend, trendPoint } from '../../device-profiles/trend.ts'
import type { ModeRefusal } from '../mode.ts'
import type { CommandRefusal, LocalText, PointValue, QualityReason } from '../model.ts'
import type { Frozen } from './rules.ts'

const LEVELS: Readonly<Record<string, LocalText>> = {
  blue: { zh: '蓝色', en: 'blue' },
  yellow: { zh: '黄色', en: 'yellow' },
  orange: { zh: '橙色', en: 'orange' },
  red: { zh: '红色', en: 'red' },
  'high-high': { zh: '高高', en: 'high-high' },
  high: { zh: '高', en: 'high' },
  low: { zh: '低', en: 'low' },
  'low-low': { zh: '低低', en: 'low-low' },
}

export const QUALITY: Readonly<Record<QualityReason, LocalText>> = {
  'communication-failure': { zh: '通信中断', en: 'nothing comes from the device' },
  'device-fault': { zh: '设备报告自身故障', en: 'the device reports a fault' },
  sentinel: { zh: '传感器无有效测量值', en: 'the sensor has no measurement' },
  malformed: { zh: '数据无法解析', en: 'the data cannot be understood' },
  'out-of-range': { zh: '数值超出物理量程', en: 'the value is outside its physical range' },
  stale: { zh: '数值已过期', en: 'the last value is too old' },
  unconfirmed: { zh: '数值尚未确认', en: 'the value is not yet confirmed' },
  'decoder-warning': { zh: '厂家解码程序给出警告', en: "the maker's decoder warns of the value" },
  'insufficient-data': { zh: '数据不足以计算', en: 'the data do not support a number' },
}

const REFUSALS: Readonly<Record<CommandRefusal, LocalText>> = {
  'unknown-alarm': {
    zh: '没有此报警，请检查编号',
    en: 'There is no alarm with this id; check the id',
  },
  'nothing-to-acknowledge': {
    zh: '没有待确认的内容：报警从未触发，或已被确认',
    en: 'There is nothing to acknowledge: the alarm was never raised, or somebody has acknowledged it',
  },
  'not-acknowledged': {
    zh: '报警尚未确认，请先确认再复位',
    en: 'The alarm is not acknowledged; acknowledge it, then reset it',
  },
  'still-active': {
    zh: '报警条件仍然存在，恢复正常后才能复位',
    en: 'The alarm is still active; it can be reset when the condition has returned to normal',
  },
  'comment-missing': {
    zh: '请说明原因：此操作必须填写备注',
    en: 'Say why: this needs a comment',
  },
  'shelved-too-long': {
    zh: '搁置时间必须大于 0，且不超过此报警允许的最长时间',
    en: 'The time to shelve must be above 0 and no longer than this alarm allows',
  },
  'not-shelved': {
    zh: '此报警未被搁置',
    en: 'The alarm is not shelved',
  },
  'out-of-service': {
    zh: '此报警已停用，请先恢复使用',
    en: 'The alarm is out of service; return it to service first',
  },
  'in-service': {
    zh: '此报警正在使用中，无需恢复',
    en: 'The alarm is in service already',
  },
  'not-in-configuration': {
    zh: '配置中已没有此报警，只能确认以结束它',
    en: 'The configuration no longer has this alarm; acknowledge it to end it',
  },
  'no-drill': {
    zh: '此站没有进行中的演练：请先开始演练',
    en: 'There is no drill at this station; begin one first',
  },
  'really-active': {
    zh: '此报警正在真实发生，不能演练',
    en: 'The alarm is really active; it is not to be exercised now',
  },
  'unknown-level': {
    zh: '此报警没有该级别',
    en: 'The alarm has no such level',
  },
  'only-an-exercise': {
    zh: '这只是演练：可以确认、备注，或复位以结束它',
    en: 'This is only an exercise: acknowledge it, comment on it, or reset it to end it',
  },
  'nothing-proposed': {
    zh: '没有待确认的建议等级',
    en: 'No level is proposed that could be confirmed or declined',
  },
  'not-latched': {
    zh: '此报警未锁存，无需复位',
    en: 'The alarm is not latched, so there is nothing to reset',
  },
}

export function refusalMessage(refusal: CommandRefusal): LocalText {
  return REFUSALS[refusal]
}

const MODE_REFUSALS: Readonly<Record<ModeRefusal, LocalText>> = {
  'wrong-target': {
    zh: '维护针对设备、位置或站点；演练针对站点；测试针对一个测点',
    en: 'Maintenance is of a device, a place or a station; a drill of a station; a test of one point',
  },
  'unknown-target': {
    zh: '配置中没有这个设备、位置、站点或测点',
    en: 'The configuration has no such device, place, station or point',
  },
  'mode-too-long': {
    zh: '时间必须大于 0：维护最长 24 小时，演练 4 小时，测试 8 小时',
    en: 'The time must be above 0: maintenance lasts 24 h at most, a drill 4 h, a test 8 h',
  },
  'too-many-modes': {
    zh: '进行中的维护、演练和测试过多，请先结束一些',
    en: 'Too many modes are on; end some of them first',
  },
  'unknown-mode': {
    zh: '没有此进行中的维护、演练或测试：可能已经结束',
    en: 'No such mode is on; it may have ended already',
  },
}

export function modeRefusalMessage(refusal: ModeRefusal): LocalText {
  return MODE_REFUSALS[refusal]
}

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

/** '32 s', '2 min 5 s', '1 h 3 min': two units at most, because nobody needs the seconds of an hour. */
export function duration(ms: number): LocalText {
  if (ms < 10_000) {
    const seconds = String(Math.round(ms / 100) / 10)
    return { zh: `${seconds} 秒`, en: `${seconds} s` }
  }
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return { zh: `${seconds} 秒`, en: `${seconds} s` }
  if (seconds < 3600) return twoUnits(seconds, { size: 60, zh: ['分', '秒'], en: ['min', 's'] })
  return twoUnits(Math.round(seconds / 60), { size: 60, zh: ['小时', '分'], en: ['h', 'min'] })
}

function twoUnits(
  amount: number,
  { size, zh, en }: { size: number; zh: readonly [string, string]; en: readonly [string, string] },
): LocalText {
  const large = Math.floor(amount / size)
  const small = amount % size
  if (small === 0) return { zh: `${large} ${zh[0]}`, en: `${large} ${en[0]}` }
  return { zh: `${large} ${zh[0]} ${small} ${zh[1]}`, en: `${large} ${en[0]} ${small} ${en[1]}` }
}

export function heldText(heldMs: number): LocalText {
  if (heldMs <= 0) return { zh: '', en: '' }
  const held = duration(heldMs)
  return { zh: `，已持续 ${held.zh}`, en: ` for ${held.en}` }
}

export function levelName(level: string): LocalText {
  return LEVELS[level] ?? { zh: level, en: level }
}

/** With the point's decimals, and more where the number would otherwise read the same as `other` without being it. */
export function quantity({ profile }: Point, value: number, other?: number): string {
  const unit = profile.unit === '1' ? '' : ` ${profile.unit}`
  return numberText(value, { decimals: profile.decimals, other }) + unit
}

function numberText(
  value: PointValue,
  { decimals, other }: { decimals: number | undefined; other: number | undefined },
) {
  if (typeof value === 'string') return value
  if (decimals === undefined) return String(Number.isInteger(value) ? value : Number(value.toPrecision(9)))
  let digits = decimals
  while (digits < 9 && other !== undefined && value !== other && value.toFixed(digits) === other.toFixed(digits))
    digits++
  return value.toFixed(digits)
}
