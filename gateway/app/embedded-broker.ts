/** The broker of a configuration, inside the gateway or alone. */
import type { Authentication, User } from '../../broker/access.ts'
import { type Broker, createBroker } from '../../broker/broker.ts'
import type { BrokerOptions } from '../../broker/broker-options.ts'
import { deviceTopics } from '../../device-profiles/device-topics.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { MqttDeviceConfig } from '../config/config.ts'
import type { Log } from '../model.ts'
import type { WantedPart } from './part-set.ts'

export type BrokerPart = Broker

/**
 * Users are not among the options: they change on the running broker, whose other clients must not notice.
 * `setAuthentication` brings them, also where the devices of a user have other topics now.
 */
export function wantedBroker(
  config: { readonly broker: BrokerConfig | null; readonly mqttDevices: readonly MqttDeviceConfig[] },
  surroundings: Pick<BrokerOptions, 'ingest' | 'unheard'> & { readonly log: Log },
): readonly WantedPart<BrokerPart>[] {
  const { broker } = config
  if (broker === null) return []
  const options = brokerOptionsOf(broker)
  const authentication = authenticationOf(broker, config.mqttDevices)
  return [{ key: 'broker', options, create: () => createBroker({ ...options, authentication, ...surroundings }) }]
}

/** A broker without a gateway: its messages are for its subscribers only. */
export function brokerAlone(broker: BrokerConfig, log: Log): Broker {
  return createBroker({
    ...brokerOptionsOf(broker),
    authentication: authenticationOf(broker, []),
    ingest: () => undefined,
    log,
  })
}

/** All but the users. */
export function brokerOptionsOf({
  listeners,
  limits,
  store,
}: BrokerConfig): Pick<BrokerOptions, 'listeners' | 'limits' | 'persistence'> {
  const { persistence, sessionExpiryMs, maxQueuedPerSession } = store
  return {
    listeners,
    persistence,
    limits: {
      ...limits,
      ...(sessionExpiryMs !== undefined && { sessionExpiryMs }),
      ...(maxQueuedPerSession !== undefined && { maxQueuedPerSession }),
    },
  }
}

/** Each user with the topics of its devices. */
export function authenticationOf(
  { authentication }: Pick<BrokerConfig, 'authentication'>,
  mqttDevices: readonly MqttDeviceConfig[],
): Authentication {
  if (authentication.type === 'anonymous-on-loopback') return authentication
  return { type: 'users', users: authentication.users.map((user) => userOf(user, mqttDevices)) }
}

type ConfigUser = Extract<BrokerConfig['authentication'], { type: 'users' }>['users'][number]

function userOf({ name, rights, ...identity }: ConfigUser, mqttDevices: readonly MqttDeviceConfig[]): User {
  // The checks of the file have seen to it that there is exactly one.
  const known = identity as { readonly password: string }
  switch (rights?.type) {
    case undefined: // The checks of the file refuse it; nothing is what it says.
      return { name, ...known, rights: { type: 'topics', publish: [], subscribe: [] } }
    case 'everything':
      return { name, ...known, rights }
    case 'topics':
      return {
        name,
        ...known,
        rights: { type: 'topics', publish: rights.publish ?? [], subscribe: rights.subscribe ?? [] },
      }
    case 'devices': {
      const topics = mqttDevices
        .filter(({ device, broker }) => broker === 'embedded' && rights.devices.includes(device.id))
        .map(({ device, address }) => deviceTopics(device.profile, { address, networkServer: device.networkServer }))
      const publish = topics.flatMap(({ speaks }) => speaks)
      const subscribe = topics.flatMap(({ hears }) => hears)
      return { name, ...known, rights: { type: 'topics', publish, subscribe } }
    }
  }
}
