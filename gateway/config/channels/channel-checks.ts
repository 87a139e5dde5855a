/** What no schema can say about each channel by itself. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Device } from '../../../device-profiles/device.ts'
import type { ChannelSection } from '../dispatch-schema.ts'
import type { Report } from '../report.ts'
import type { ConfigFile } from '../schema.ts'
import { checkCapChannel } from './cap.ts'
import { checkDeviceCommandChannel } from './device-command.ts'
import { checkEmailChannel, EMAIL } from './email.ts'

export function checkChannels(file: ConfigFile, report: Report): void {
  const { dispatch } = file
  checkAddresses(file, report)
  for (const [index, channel] of (dispatch?.channels ?? []).entries()) {
    const ofChannel: Report = (path, message) => report(['dispatch', 'channels', index, ...path], message)
    if (channel.type === 'cap') checkCapChannel(channel, ofChannel)
    if (channel.type === 'email') checkEmailChannel(channel, ofChannel)
    if ((channel.type === 'wecom' || channel.type === 'dingtalk') && channel.url !== undefined) {
      checkRobotUrl(channel.url, ofChannel)
    }
    if ('caFile' in channel && channel.caFile !== undefined && !existsSync(channel.caFile)) {
      ofChannel(['caFile'], `expected a file, got "${channel.caFile}", which is not there`)
    }
  }
}

/** A robot's address has its key in it, which is a secret of its own here. */
function checkRobotUrl(url: string, report: Report): void {
  const parsed = URL.parse(url)
  if (parsed === null || (parsed.pathname === '/' && !url.includes('?'))) return
  report(['url'], 'expected the server alone, as https://chat.example, got a path too; the key is the token')
}

/** Each channel wants addresses of its own sort; a phone number under an e-mail channel would be found out in the night. */
function checkAddresses({ dispatch, people = [] }: ConfigFile, report: Report): void {
  const sorts = new Map((dispatch?.channels ?? []).map(({ id, type }) => [id, SORTS[type]]))
  for (const [index, { addresses = {} }] of people.entries()) {
    for (const [channel, address] of Object.entries(addresses)) {
      const sort = sorts.get(channel)
      if (sort === undefined || sort.pattern.test(address)) continue
      report(['people', index, 'addresses', channel], `expected ${sort.what}, got "${address}"`)
    }
  }
}

const IN_A_CHAT = {
  what: 'a phone number, as "13800000000", or the id of a user in the chat',
  pattern: /^(\+?\d{5,15}|(?=.*[A-Za-z])[\w.-]{1,64})$/,
}
const SORTS: Readonly<Partial<Record<ChannelSection['type'], { readonly what: string; readonly pattern: RegExp }>>> = {
  email: { what: 'an e-mail address', pattern: new RegExp(EMAIL) },
  wecom: IN_A_CHAT,
  dingtalk: IN_A_CHAT,
}

/** Those that move devices, once these are known. */
export function checkCommandingChannels(
  { dispatch, devices: sections }: ConfigFile,
  { devices, report }: { readonly devices: readonly Device[]; readonly report: Report },
): void {
  const ids = sections.map(({ id }) => id)
  for (const [index, channel] of (dispatch?.channels ?? []).entries()) {
    if (channel.type !== 'device-command') continue
    const ofChannel: Report = (path, message) => report(['dispatch', 'channels', index, ...path], message)
    checkDeviceCommandChannel(channel, { devices, ids, report: ofChannel })
  }
}

/** With paths that start at the folder of the file. */
export function withAbsoluteChannelFiles<C extends ChannelSection>(channel: C, folder: string): C {
  if (!('caFile' in channel) || channel.caFile === undefined) return channel
  return { ...channel, caFile: resolve(folder, channel.caFile) }
}
