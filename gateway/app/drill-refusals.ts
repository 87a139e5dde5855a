/** Why a drill is not begun or ended, in both languages, with what to do instead. */
import type { DrillRefusal } from '../http/drill-view.ts'
import type { LocalText } from '../model.ts'

const MESSAGES: Readonly<Record<DrillRefusal, LocalText>> = {
  'nothing-to-exercise': {
    zh: '所选范围内没有可演练的报警',
    en: 'Nothing in this scope has an alarm that can be exercised',
  },
  'too-many-alarms': {
    zh: '所选范围超过 200 个报警，请指定设备或类别',
    en: 'More than 200 alarms are in this scope; name devices or kinds',
  },
  'unknown-scope': { zh: '配置中没有', en: 'The configuration does not have' },
  'drill-on': {
    zh: '其中有站点正在演练，请先结束，或稍后再开始',
    en: 'A drill is on at one of these stations; end it first, or begin later',
  },
  'drill-too-long': { zh: '演练时间必须大于 0，最长 4 小时', en: 'A drill lasts more than nothing and at most 4 h' },
  'drill-too-late': {
    zh: '开始时间不能早于现在，也不能晚于一年后',
    en: 'A drill begins now or within a year',
  },
  'too-many-drills': { zh: '计划中的演练过多', en: 'Too many drills are planned; call some of them off' },
  'unknown-drill': { zh: '没有此演练', en: 'There is no such drill' },
  'drill-over': { zh: '此演练已经结束', en: 'This drill is over already' },
}

export function drillRefusalMessage(refusal: DrillRefusal, detail: string): LocalText {
  const { zh, en } = MESSAGES[refusal]
  return detail === '' ? { zh, en } : { zh: `${zh}：${detail}`, en: `${en}: ${detail}` }
}
