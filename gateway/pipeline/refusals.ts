/** Why what a person wants cannot be done, in both languages of the product, with what to do instead. */

import type { CommandRefusal } from '../alarm-model.ts'
import type { ModeRefusal } from '../mode.ts'
import type { LocalText } from '../model.ts'

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
  'never-raised': {
    zh: '此报警从未触发，没有可判定的内容',
    en: 'The alarm was never raised, so there is nothing to judge',
  },
  'not-reported': {
    zh: '此报警由传感器测得：条件恢复后自行结束，不能由人关闭或更正',
    en: 'The alarm is measured: it ends with its condition, and nobody can close or correct it',
  },
  'only-a-report': {
    zh: '这是人工上报的事件：可以确认、备注、更正、判定或关闭',
    en: 'This was reported by a person: acknowledge it, comment on it, correct it, judge it or close it',
  },
  closed: {
    zh: '此上报已关闭；若事件再次发生，请重新上报',
    en: 'The report is closed already; if it happens again, report it anew',
  },
  'too-many-reports': {
    zh: '同类上报未关闭的过多，请先关闭已处理的',
    en: 'Too many reports of this kind are open; close those that are dealt with',
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
