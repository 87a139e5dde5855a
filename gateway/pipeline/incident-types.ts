/**
 * Incidents that people report: what each is called, how bad it usually is, and what whoever takes the call does in the first
 * minutes. Only what everybody may do: call for help, make the place safe, no treatment that needs a trained hand.
 */
import type { IncidentType, Priority } from '../alarm-model.ts'
import type { LocalText } from '../model.ts'

export interface IncidentProfile {
  readonly name: LocalText
  /** Where whoever reports says nothing. */
  readonly priority: Priority
  readonly guidance: LocalText
}

export const INCIDENTS: Readonly<Record<IncidentType, IncidentProfile>> = {
  'electric-shock': {
    name: { zh: '触电', en: 'Electric shock' },
    priority: 'urgent',
    guidance: {
      zh: '先断电，未断电前不要触碰伤者。拨打 120，有人被困或起火再拨 119；通知供电部门。受过训练的人员检查呼吸，无呼吸时心肺复苏并取用最近的 AED。守住现场，防止他人靠近。',
      en: 'Cut the power first and do not touch the person before that. Call 120, and 119 if somebody is trapped or it burns; tell the power company. Somebody trained checks the breathing, gives CPR where there is none and sends for the nearest AED. Keep others away.',
    },
  },
  fall: {
    name: { zh: '坠落、跌倒', en: 'Fall' },
    priority: 'high',
    guidance: {
      zh: '拨打 120。不要随意搬动伤者，除非所在位置有危险；让其保温并有人陪护。压迫止血。高处仍有坠物危险的，先清空下方区域；有人被困高处拨打 119。',
      en: 'Call 120. Do not move the person unless the spot is dangerous; keep them warm and stay with them. Press on a bleeding wound. If more can fall, clear the ground below first; call 119 where somebody is stuck up there.',
    },
  },
  lift: {
    name: { zh: '电梯困人', en: 'People in a lift' },
    priority: 'high',
    guidance: {
      zh: '通过对讲安抚被困人员，告知不要扒门、不要攀爬，问明人数和有无不适。立即通知电梯维保单位，拨打 96333 或 119；有人不适同时拨打 120。切勿让未经培训的人员开门救援。',
      en: 'Speak to them over the intercom: they must not force the door nor climb; ask how many they are and whether anybody is unwell. Call the maintenance company at once, and 96333 or 119; 120 if somebody is unwell. Nobody untrained opens the doors.',
    },
  },
  'food-poisoning': {
    name: { zh: '疑似食物中毒', en: 'Suspected food poisoning' },
    priority: 'urgent',
    guidance: {
      zh: '拨打 120，报明人数和症状。停止供应可疑食品，保留食品、餐具和呕吐物样品，不要清洗。报告疾控和市场监管部门。登记就餐人员名单，询问其他人有无不适。',
      en: 'Call 120 with the number of people and what they feel. Stop serving the food in question; keep food, dishes and samples, and wash nothing. Tell disease control and market supervision. List who ate there and ask whether others are unwell.',
    },
  },
  'gas-poisoning': {
    name: { zh: '燃气或有毒气体中毒', en: 'Gas poisoning' },
    priority: 'urgent',
    guidance: {
      zh: '拨打 119 和 120。不要开关电器、不要点火，不在室内打电话。能安全进入时开窗通风、关闭气源，把人转移到空气新鲜处；有限空间内严禁无防护下去救人。疏散周边，通知燃气公司。',
      en: 'Call 119 and 120. Switch nothing on or off, light nothing, do not phone inside. Where it is safe to enter, open windows, shut the gas off and bring people to fresh air; nobody goes into a confined space without protection. Clear the surroundings and tell the gas company.',
    },
  },
  traffic: {
    name: { zh: '交通事故', en: 'Traffic accident' },
    priority: 'high',
    guidance: {
      zh: '拨打 122，有伤者拨打 120，有人被困、起火或泄漏拨打 119。开双闪，在来车方向放置警示牌，人员撤到路外。不要随意搬动伤者，除非车辆起火。留出救援通道。',
      en: 'Call 122, 120 for the injured, and 119 if somebody is trapped or something burns or leaks. Hazard lights on, a warning sign towards the traffic, people off the road. Do not move the injured unless the car burns. Keep a lane free for the rescuers.',
    },
  },
  crowd: {
    name: { zh: '人群拥挤', en: 'Dangerous crowd' },
    priority: 'urgent',
    guidance: {
      zh: '立即停止继续进人，打开全部出口，从外围向外疏散，广播保持冷静、不推挤、不逆行。拨打 110，有人受伤拨打 120。不要从人群中部分流，关闭下行扶梯。',
      en: 'Let nobody else in, open every exit and lead people away from the outer edge; announce calmly not to push nor turn back. Call 110, and 120 for the injured. Do not split the crowd in its middle; stop escalators that lead into it.',
    },
  },
  'natural-disaster': {
    name: { zh: '自然灾害', en: 'Natural disaster' },
    priority: 'urgent',
    guidance: {
      zh: '先转移受威胁人员，清点人数，划定警戒区禁止返回。有人被困拨打 119，受伤拨打 120；报告街道中心站和区应急管理局。远离边坡、积水、断落电线和广告牌，防范再次发生。',
      en: 'Bring people out of danger first, count them, close the area and let nobody go back. Call 119 for the trapped and 120 for the injured; tell the centre station of the street and the emergency bureau of the district. Keep away from slopes, water, fallen wires and billboards: it may happen again.',
    },
  },
  other: {
    name: { zh: '其他突发事件', en: 'Another incident' },
    priority: 'medium',
    guidance: {
      zh: '问清地点、人数、有无伤者和联系电话。先保证人员安全，按情况拨打 110、119 或 120。派人到现场核实并及时更正本上报。',
      en: 'Ask for the place, how many people, whether anybody is hurt, and a number to call back. Make people safe first; call 110, 119 or 120 as it needs. Send somebody to look, and correct this report.',
    },
  },
}
