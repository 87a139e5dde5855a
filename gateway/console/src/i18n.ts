/** Every word of the console in both languages. What comes from the gateway brings its own two texts. */

import type { AlarmMark, AlarmState, Priority } from '../../alarm-model.ts'
import type { ModeTargetType, ModeType } from '../../mode.ts'
import type { LocalText, Quality, QualityReason } from '../../model.ts'
import { language } from './store.ts'

const TEXTS = {
  product: ['哨所', 'Outpost'],
  connecting: ['正在连接网关…', 'Connecting to the gateway…'],
  live: ['实时', 'Live'],
  lost: ['连接中断', 'Connection lost'],
  lostDetail: [
    '与网关的连接已中断，正在重连。以下内容可能已过时，请用其他方式关注现场。',
    'The connection to the gateway is lost; reconnecting. What you see may be out of date: watch the site by other means.',
  ],
  lastContact: ['最后联系', 'Last contact'],
  operator: ['值班员', 'Operator'],
  operatorNone: ['未填写', 'not set'],
  operatorTitle: ['您是谁？', 'Who are you?'],
  operatorHint: [
    '确认和复位报警时会记录您的姓名。本机会记住它。',
    'Your name is recorded when you acknowledge or reset an alarm. This computer remembers it.',
  ],
  name: ['姓名', 'Name'],
  save: ['确定', 'OK'],
  cancel: ['取消', 'Cancel'],
  otherLanguage: ['English', '中文'],
  alarms: ['报警', 'Alarms'],
  unacknowledgedCount: ['条未确认', 'unacknowledged'],
  noAlarms: ['当前没有报警', 'No alarms'],
  allUsable: ['全部测点都有可用的数据。', 'Every point has a usable value.'],
  unusable: ['个测点没有可用的数据，请看测点表。', 'points have no usable value: see the points.'],
  alarm: ['报警', 'Alarm'],
  fault: ['故障', 'Fault'],
  firstOut: ['首出报警', 'First out'],
  ofStation: ['站点', 'Station'],
  orderPending: ['已下发，等待执行', 'on its way'],
  notDoneThere: ['未执行', 'not done there'],
  faults: ['故障', 'Faults'],
  since: ['已持续', 'for'],
  started: ['发生于', 'since'],
  returnedAt: ['恢复于', 'returned'],
  reason: ['原因', 'Why'],
  guidance: ['处置', 'Do first'],
  acknowledge: ['确认', 'Acknowledge'],
  reset: ['复位', 'Reset'],
  acknowledgedBy: ['确认人', 'acknowledged by'],
  points: ['测点', 'Points'],
  point: ['测点', 'Point'],
  place: ['位置', 'Place'],
  value: ['数值', 'Value'],
  quality: ['质量', 'Quality'],
  age: ['更新', 'Updated'],
  neverRead: ['尚无数据', 'no data yet'],
  trend: ['趋势', 'Trend'],
  trendHint: ['选择一个测点查看趋势', 'Choose a point to see its trend'],
  trendNone: ['这段时间内没有数据', 'No readings in this time'],
  trendFailed: ['无法读取历史数据', 'The history could not be read'],
  trendText: ['文字类测点没有曲线', 'Points with texts have no curve'],
  span: ['时间范围', 'Span'],
  span15: ['15 分钟', '15 min'],
  span60: ['1 小时', '1 h'],
  span1440: ['24 小时', '24 h'],
  limit: ['限值', 'Limit'],
  badReading: ['无效读数', 'unusable reading'],
  logInTitle: ['需要令牌', 'A token is needed'],
  logInHint: ['请输入管理员发给您的访问令牌。', 'Enter the access token that your administrator gave you.'],
  token: ['令牌', 'Token'],
  logIn: ['登录', 'Log in'],
  viewerOnly: ['只读', 'view only'],
  close: ['关闭', 'Close'],
  modes: ['维护、演练和测试', 'Maintenance, drills and tests'],
  until: ['至', 'until'],
  endMode: ['结束', 'End'],
  wholeStation: ['全站', 'the whole station'],
  beginMode: ['维护 / 演练 / 测试…', 'Maintenance, drill, test…'],
  beginModeTitle: ['开始维护、演练或测试', 'Begin maintenance, a drill or a test'],
  begin: ['开始', 'Begin'],
  modeType: ['类型', 'What'],
  modeTarget: ['范围', 'Of'],
  modeDuration: ['最长', 'For at most'],
  modeWhy: ['原因', 'Why'],
  modeDispatch: ['测试中的报警也发往调度', 'Tell dispatch too what the test raises'],
  maintenanceHint: [
    '期间触发的报警不提醒；到时自动结束，仍存在的报警会重新提醒。',
    'What is raised meanwhile asks nobody. It ends by itself, and what is still there then asks people.',
  ],
  drillHint: [
    '期间可以触发演练报警；真实报警照常提醒，不带演练标记。',
    'Alarms can be exercised meanwhile. Real alarms are raised as ever, and are not marked.',
  ],
  testHint: [
    '该测点的读数和报警带测试标记；结束后仍存在的报警转为真实报警。',
    'Readings and alarms of this point are marked. What is still there at the end becomes a real alarm.',
  ],
  showSimilar: ['显示其余同类报警', 'Show the others of this kind'],
  hideSimilar: ['收起同类报警', 'Hide the others of this kind'],
  atWork: ['现场作业', 'At work'],
  proposed: ['建议，待人工确认', 'Proposed, to be confirmed'],
  confirmedLevel: ['已确认等级', 'Confirmed level'],
  noLevel: ['无', 'none'],
  confirmedBy: ['确认人', 'confirmed by'],
  declinedBy: ['不采纳', 'declined by'],
  confirm: ['确认等级', 'Confirm the level'],
  decline: ['不采纳', 'Decline'],
  decisionWhy: ['会商结论和理由', 'What was decided, and why'],
} as const satisfies Record<string, readonly [zh: string, en: string]>

export function t(key: keyof typeof TEXTS): string {
  return TEXTS[key][language.value === 'zh' ? 0 : 1]
}

export function local(text: LocalText): string {
  return text[language.value]
}

const PRIORITY: Readonly<Record<Priority, LocalText>> = {
  urgent: { zh: '紧急', en: 'Urgent' },
  high: { zh: '高', en: 'High' },
  medium: { zh: '中', en: 'Medium' },
  low: { zh: '低', en: 'Low' },
}
const STATE: Readonly<Record<AlarmState, LocalText>> = {
  normal: { zh: '正常', en: 'Normal' },
  unacknowledged: { zh: '未确认', en: 'Unacknowledged' },
  acknowledged: { zh: '已确认', en: 'Acknowledged' },
  'returned-unacknowledged': { zh: '已恢复，未确认', en: 'Returned, unacknowledged' },
  'latched-unacknowledged': { zh: '已恢复，未确认，待复位', en: 'Returned, unacknowledged, latched' },
  'latched-acknowledged': { zh: '已恢复，待复位', en: 'Returned, to be reset' },
  shelved: { zh: '已搁置', en: 'Shelved' },
  'suppressed-by-design': { zh: '按设计抑制', en: 'Suppressed by design' },
  'out-of-service': { zh: '停用', en: 'Out of service' },
}
const MODE: Readonly<Record<ModeType, LocalText>> = {
  maintenance: { zh: '维护中', en: 'Maintenance' },
  drill: { zh: '演练中', en: 'Drill' },
  test: { zh: '测试中', en: 'Test' },
}
const MODE_TYPE: Readonly<Record<ModeType, LocalText>> = {
  maintenance: { zh: '维护', en: 'Maintenance' },
  drill: { zh: '演练', en: 'Drill' },
  test: { zh: '测点测试', en: 'Test of a point' },
}
const TARGET_TYPE: Readonly<Record<ModeTargetType, LocalText>> = {
  station: { zh: '全站', en: 'Station' },
  place: { zh: '位置', en: 'Places' },
  device: { zh: '设备', en: 'Devices' },
  point: { zh: '测点', en: 'Points' },
}
const MARK: Readonly<Record<AlarmMark, LocalText>> = {
  exercise: { zh: '演练', en: 'Exercise' },
  test: { zh: '测试', en: 'Test' },
}
const QUALITY: Readonly<Record<Quality, LocalText>> = {
  good: { zh: '良好', en: 'Good' },
  uncertain: { zh: '存疑', en: 'Uncertain' },
  bad: { zh: '不可用', en: 'Bad' },
}
const REASON: Readonly<Record<QualityReason, LocalText>> = {
  'communication-failure': { zh: '通信失败', en: 'no communication' },
  'device-fault': { zh: '设备故障', en: 'device fault' },
  sentinel: { zh: '设备报告无测量值', en: 'device has no measurement' },
  malformed: { zh: '数据无法识别', en: 'data not understood' },
  'out-of-range': { zh: '超出量程', en: 'out of range' },
  stale: { zh: '数据过期', en: 'stale' },
  unconfirmed: { zh: '尚未确认', en: 'not yet confirmed' },
  'decoder-warning': { zh: '解码程序警告', en: 'decoder warning' },
  'insufficient-data': { zh: '数据不足', en: 'not enough data' },
}
const LEVEL: Readonly<Record<string, LocalText>> = {
  blue: { zh: '蓝色', en: 'blue' },
  yellow: { zh: '黄色', en: 'yellow' },
  orange: { zh: '橙色', en: 'orange' },
  red: { zh: '红色', en: 'red' },
  'high-high': { zh: '高高', en: 'high-high' },
  high: { zh: '高', en: 'high' },
  low: { zh: '低', en: 'low' },
  'low-low': { zh: '低低', en: 'low-low' },
}

export const priorityName = (priority: Priority) => local(PRIORITY[priority])
export const stateName = (state: AlarmState) => local(STATE[state])
export const modeName = (type: ModeType) => local(MODE[type])
export const modeTypeName = (type: ModeType) => local(MODE_TYPE[type])
export const targetTypeName = (type: ModeTargetType) => local(TARGET_TYPE[type])
export const durationName = (minutes: number) =>
  minutes < 60
    ? local({ zh: `${minutes} 分钟`, en: `${minutes} min` })
    : local({ zh: `${minutes / 60} 小时`, en: `${minutes / 60} h` })
export const markName = (mark: AlarmMark) => local(MARK[mark])
export const qualityName = (quality: Quality) => local(QUALITY[quality])
export const reasonName = (reason: QualityReason) => local(REASON[reason])
export const levelName = (level: string) => (LEVEL[level] === undefined ? level : local(LEVEL[level]))
