/** What no schema can say about each channel by itself. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Device } from '../../../device-profiles/device.ts'
import type { ChannelSection } from '../dispatch-schema.ts'
import type { Report } from '../report.ts'
import type { ConfigFile } from '../schema.ts'
import { checkCapChannel } from './cap.ts'
import { checkDeviceCommandChannel } from './device-command.ts'
import { checkEmailChannel } from './email.ts'

export function checkChannels({ dispatch }: ConfigFile, report: Report): void {
  for (const [index, channel] of (dispatch?.channels ?? []).entries()) {
    const ofChannel: Report = (path, message) => report(['dispatch', 'channels', index, ...path], message)
    if (channel.type === 'cap') checkCapChannel(channel, ofChannel)
    if (channel.type === 'email') checkEmailChannel(channel, ofChannel)
    if ('caFile' in channel && channel.caFile !== undefined && !existsSync(channel.caFile)) {
      ofChannel(['caFile'], `expected a file, got "${channel.caFile}", which is not there`)
    }
  }
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
