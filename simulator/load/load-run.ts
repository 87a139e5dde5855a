/** One load on one gateway, and in the same run on a peer that does nothing, which shows what the simulator could do at most. */
import { loadCatalogue } from '../../device-profiles/catalogue.ts'
import type { DeviceProfile } from '../../device-profiles/schema.ts'
import { createSpeech } from '../create-speech.ts'
import { brokerOf, GatewayChild, type GatewayPlaces, newPlaces } from '../verdict/gateway-child.ts'
import { deviceId, loadConfiguration, pollMs } from './load-configuration.ts'
import { LoadError } from './load-error.ts'
import type { LoadFigures } from './load-figures.ts'
import { FULL_TAG, type LoadPlan, PROFILES } from './load-plan.ts'
import { ModbusCrowd, UNITS_PER_LINE } from './modbus-crowd.ts'
import { MqttCrowd, type MqttCrowdOptions } from './mqtt-crowd.ts'
import type { NullMasterPlan } from './null-master.ts'
import { NullPeer } from './null-peer.ts'
import {
  type MachineUsage,
  type OwnUsage,
  type Usage,
  watchMachine,
  watchOwnUsage,
  watchUsage,
} from './process-usage.ts'

export interface LoadOptions {
  /** Null: a gateway is started for this. */
  readonly broker: Pick<MqttCrowdOptions, 'host' | 'port' | 'username' | 'password'> | null
  readonly keep?: string | undefined
  readonly onProgress: (text: string) => void
  readonly signal: AbortSignal
}

export interface LoadResult {
  readonly plan: LoadPlan
  readonly figures: LoadFigures
  readonly own: OwnUsage
  /** Null where it cannot be told: not ours, or not on Linux. */
  readonly gateway: Usage | null
  readonly machine: MachineUsage
  /** The same devices with a peer that does nothing, as fast as it goes. */
  readonly alone: { readonly perSecond: number; readonly own: OwnUsage }
}

const ALONE_SECONDS = 3
const WARM_UP_SECONDS = 2
const LONGEST_WARM_UP_SECONDS = 10
/** Two messages of each device, so that its values change. */
const VARIANTS = 2
/** Of the reference tag, read in one request. */
const REGISTERS = 5

/** Throws a LoadError or a GatewayError where nothing can be measured, and the signal's reason when it is ended. */
export function runLoad(plan: LoadPlan, options: LoadOptions): Promise<LoadResult> {
  return plan.protocol === 'mqtt' ? runMqtt(plan, options) : runModbus(plan, options)
}

async function runMqtt(plan: LoadPlan, options: LoadOptions): Promise<LoadResult> {
  const messages = messagesOf(profileOf(PROFILES.mqtt))
  const shared = { devices: plan.devices, messages, onProgress: options.onProgress, signal: options.signal }
  const alone = await mqttAlone(shared, aloneSeconds(plan))
  const places = await newPlaces()
  const child = options.broker === null ? gatewayFor(plan, { ...options, places, linePorts: [] }) : null
  const broker = options.broker ?? addressOf(places)
  const crowd = new MqttCrowd({ ...shared, ...broker })
  try {
    options.onProgress('the gateway starts')
    await child?.start()
    await crowd.start()
    options.onProgress('warming up')
    const { rate, seconds } = plan
    const once = rate === null ? WARM_UP_SECONDS : Math.min(plan.devices / rate, LONGEST_WARM_UP_SECONDS)
    await crowd.run({ rate, seconds: once })
    options.onProgress(`measuring for ${seconds} s`)
    return { plan, alone, ...(await measured(child?.pid, () => crowd.run({ rate, seconds }))) }
  } finally {
    crowd.stop()
    await child?.stop()
  }
}

async function measured(
  gatewayPid: number | undefined,
  run: () => Promise<LoadFigures>,
): Promise<Pick<LoadResult, 'figures' | 'own' | 'gateway' | 'machine'>> {
  const [own, gateway, machine] = [watchOwnUsage(), watchUsage(gatewayPid), watchMachine()]
  const figures = await run()
  return { figures, own: own(), gateway: gateway(), machine: machine() }
}

async function mqttAlone(
  shared: Omit<MqttCrowdOptions, 'host' | 'port'>,
  longest: number,
): Promise<LoadResult['alone']> {
  const peer = new NullPeer('null-broker.ts')
  const { port } = await peer.start<{ readonly port: number }>()
  const crowd = new MqttCrowd({ ...shared, host: '127.0.0.1', port })
  try {
    await crowd.start()
    await crowd.run({ rate: null, seconds: longest / 3 })
    const own = watchOwnUsage()
    const { done, seconds } = await crowd.run({ rate: null, seconds: longest })
    return { perSecond: done / seconds, own: own() }
  } finally {
    crowd.stop()
    await peer.stop()
  }
}

async function runModbus(plan: LoadPlan, options: LoadOptions): Promise<LoadResult> {
  const profile = profileOf(PROFILES.modbus)
  const crowdOptions = { profile, devices: plan.devices, onProgress: options.onProgress, signal: options.signal }
  const alone = await modbusAlone(new ModbusCrowd(crowdOptions), plan)
  const crowd = new ModbusCrowd(crowdOptions)
  let child: GatewayChild | null = null
  try {
    await crowd.start()
    child = gatewayFor(plan, { ...options, places: await newPlaces(), linePorts: crowd.ports })
    options.onProgress('the gateway starts')
    await child.start()
    await crowd.warm(pollMs(plan))
    options.onProgress(`measuring for ${plan.seconds} s`)
    const intervalMs = plan.rate === null ? 0 : pollMs(plan)
    return { plan, alone, ...(await measured(child.pid, () => crowd.watch(intervalMs, plan.seconds))) }
  } finally {
    await child?.stop()
    await crowd.stop()
  }
}

async function modbusAlone(crowd: ModbusCrowd, load: LoadPlan): Promise<LoadResult['alone']> {
  const master = new NullPeer('null-master.ts')
  try {
    await crowd.start()
    const plan: NullMasterPlan = {
      // The last line may be shorter.
      ...{ ports: crowd.ports, unitsPerLine: ((load.devices - 1) % UNITS_PER_LINE) + 1 },
      ...{ registers: REGISTERS, seconds: aloneSeconds(load) },
    }
    await master.start(plan)
    const own = watchOwnUsage()
    const { answers, seconds } = await master.next<{ readonly answers: number; readonly seconds: number }>()
    return { perSecond: answers / seconds, own: own() }
  } finally {
    await master.stop()
    await crowd.stop()
  }
}

function aloneSeconds({ seconds }: LoadPlan): number {
  return Math.min(seconds, ALONE_SECONDS)
}

function gatewayFor(
  plan: LoadPlan,
  {
    places,
    linePorts,
    keep,
  }: { readonly places: GatewayPlaces; readonly linePorts: readonly number[]; readonly keep?: string | undefined },
): GatewayChild {
  const configuration = (dataDirectory: string): string =>
    loadConfiguration(plan, { ...places, linePorts, dataDirectory })
  return new GatewayChild({ places, keep, configuration })
}

function addressOf(places: GatewayPlaces): Pick<MqttCrowdOptions, 'host' | 'port' | 'username' | 'password'> {
  const { username, password } = brokerOf(places)
  return { host: '127.0.0.1', port: places.mqttPort, username, password }
}

function profileOf(id: string): DeviceProfile {
  const profile = loadCatalogue().profiles.get(id)
  if (profile === undefined) throw new LoadError(`there is no profile "${id}"`)
  return profile
}

function messagesOf(profile: DeviceProfile): MqttCrowdOptions['messages'] {
  const pattern = profile.mqtt?.topic
  if (pattern === undefined) throw new LoadError(`${profile.id} has no topic`)
  return (device) => {
    const topic = pattern.replace('{address}', deviceId(device))
    const speech = createSpeech({ profile, parameters: {}, topic })
    return Array.from({ length: VARIANTS }, (_, i) =>
      speech.report({ ...FULL_TAG, pressure: 1200 + ((device + i) % 50) }),
    ).flat()
  }
}
