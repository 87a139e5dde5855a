/** What people are told about commands that were not taken, or whose end nobody saw. */
import { suggestion } from '../../device-profiles/suggestion.ts'
import type { DeviceCommand } from '../device-command.ts'
import type { LocalText } from '../model.ts'
import { type ControlTarget, commandsOf } from './target.ts'

export const STOPPED: LocalText = {
  zh: '网关停止时尚未确认，设备可能已执行',
  en: 'the gateway was stopped before it was confirmed; the device may have done it',
}

export const STOPPING: LocalText = { zh: '网关正在停止', en: 'the gateway is stopping' }

export const TAKEN_OUT: LocalText = {
  zh: '等待确认时该设备已从配置中移除，设备可能已执行',
  en: 'the device was taken out of the configuration before it was confirmed; it may have done it',
}

export const UNKNOWN: LocalText = {
  zh: '网关在执行中途停止，不知道是否已发出；不会自动重发，请核对设备状态',
  en: 'the gateway ended in the middle, so nobody knows whether it was sent; it is not sent again by itself, look at the device',
}

export const DEFECT: LocalText = {
  zh: '网关内部错误，不知道是否已发出；请核对设备状态，原因见日志',
  en: 'the gateway failed inside, so nobody knows whether it was sent; look at the device, the log says why',
}

export const REUSED: LocalText = {
  zh: '该 key 已用于另一条命令，请换一个',
  en: 'this key stands for another command already; take a new one',
}

export function unknownDevice(device: string): LocalText {
  return {
    zh: `没有设备“${device}”，或它不接受命令`,
    en: `there is no device "${device}" that can be told anything; GET /api/devices lists them`,
  }
}

export function unknownCommand(target: ControlTarget, name: string): LocalText {
  const { device } = target
  const ids = commandsOf(target).map(({ id }) => id)
  const has = ids.length === 0 ? 'it has none' : `it has ${ids.join(', ')}`
  return {
    zh: `设备“${device.id}”没有命令“${name}”${ids.length === 0 ? '' : `，可用：${ids.join('、')}`}`,
    en: `the device "${device.id}" has no command "${name}"; ${has}${suggestion(name, ids)}`,
  }
}

export function tooMany(waitMs: number): LocalText {
  const seconds = Math.ceil(waitMs / 1000)
  return { zh: `命令过于频繁，请 ${seconds} s 后再试`, en: `too many commands; try again in ${seconds} s` }
}

/** `running`: what the device is busy with, where that is known. */
export function busy(running: DeviceCommand | undefined): LocalText {
  if (running === undefined) return { zh: '该设备正忙，请稍后再试', en: 'the device is busy; try again' }
  const { title, by, id } = running
  return {
    zh: `${by} 的命令“${title.zh}”尚未结束（${id}），请等待或取消`,
    en: `the command "${title.en}" by ${by} is under way (${id}); wait for it or cancel it`,
  }
}

export function cancelled(by: string): LocalText {
  return { zh: `${by} 取消等待，设备仍可能执行`, en: `cancelled by ${by}; the device may still carry it out` }
}

export function unrecorded(detail: string): LocalText {
  return {
    zh: `未发出：无法记录（${detail}），未记录的命令不会执行`,
    en: `it was not sent: it could not be recorded (${detail}), and what is not recorded is not done`,
  }
}
