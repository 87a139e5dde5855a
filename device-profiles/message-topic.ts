/** On which topics a unit speaks. */
import { DEFAULT_NETWORK_SERVER, networkTopic } from './codec/network-server.ts'
import type { NetworkServer } from './payload-schema.ts'
import type { DeviceProfile } from './schema.ts'

/** Where a unit is to be found at its broker. */
export interface MessageAddress {
  readonly address: string
  readonly networkServer?: NetworkServer | undefined
}

/** The topic of a model's messages, in which `{address}` and each `+` are still open. Empty for a profile without messages. */
export function topicTemplate(
  { mqtt }: Pick<DeviceProfile, 'mqtt'>,
  networkServer: NetworkServer = DEFAULT_NETWORK_SERVER,
): string {
  return mqtt?.through === 'lorawan' ? networkTopic(networkServer) : (mqtt?.topic ?? '')
}

/** The topic filter of one unit's messages; `+` stands for a level that any site chooses. */
export function topicFilterOf(
  profile: Pick<DeviceProfile, 'mqtt'>,
  { address, networkServer }: MessageAddress,
): string {
  return topicTemplate(profile, networkServer).replaceAll('{address}', address)
}

/** All topic filters of one unit's messages, its main one first. */
export function topicFiltersOf(profile: Pick<DeviceProfile, 'mqtt'>, address: MessageAddress): readonly string[] {
  const also = (profile.mqtt?.alsoOn ?? []).map((topic) => topic.replaceAll('{address}', address.address))
  return [...new Set([topicFilterOf(profile, address), ...also])]
}
