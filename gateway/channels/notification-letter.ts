/** A notification as a short letter: what a person on duty reads in an e-mail or a chat. Pure. */
import type { Notification } from '../dispatch-model.ts'
import { leadOf } from './notification-facts.ts'
import { descriptionOf, guidanceOf, headlineOf, type Language, placeOf, priorityOf } from './notification-wording.ts'
import { clockTime } from './zoned-time.ts'

export interface Letter {
  readonly headline: string
  /** Lines: why, with its numbers. */
  readonly description: string
  /** Lines: what to do first; empty where nothing is to be done. */
  readonly guidance: string
  /** Name and value. */
  readonly facts: readonly (readonly [string, string])[]
}

const NAMES = {
  zh: {
    station: '站点',
    place: '地点',
    address: '地址',
    device: '设备',
    priority: '优先级',
    raised: '发生时间',
    told: '通知时间',
    id: '编号',
  },
  en: {
    ...{ station: 'Station', place: 'Place', address: 'Address', device: 'Device', priority: 'Priority' },
    ...{ raised: 'Since', told: 'Told', id: 'Number' },
  },
} as const

/** Times are those on the clocks of the station that is told. */
export function letterOf(notification: Notification, language: Language): Letter {
  const { station, place, createdAt, id } = notification
  const { alarm } = leadOf(notification)
  const names = NAMES[language]
  const facts: readonly (readonly [string, string])[] = [
    [names.station, station.name[language]],
    [names.place, placeOf(notification, language)],
    [names.address, place?.address ?? ''],
    [names.device, alarm.deviceName === '' ? alarm.device : alarm.deviceName],
    [names.priority, priorityOf(notification, language)],
    [names.raised, alarm.occurrence === 0 ? '' : clockTime(alarm.raisedAt, station.timeZone)],
    [names.told, clockTime(createdAt, station.timeZone)],
    [names.id, id],
  ]
  return {
    headline: headlineOf(notification, language),
    description: descriptionOf(notification, language),
    guidance: guidanceOf(notification, language),
    facts: facts.filter(([, value]) => value.trim() !== ''),
  }
}

export const GUIDANCE_TITLE = { zh: '处置要点', en: 'What to do' } as const
