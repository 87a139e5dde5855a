/** From a file to a configuration that can run, or to everything that is wrong with it. */
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadCatalogue } from '../../device-profiles/catalogue.ts'
import { compileSchema } from '../../device-profiles/schema-check.ts'
import type { DocumentProblem, YamlDocument } from '../../device-profiles/yaml-document.ts'
import type { Environment } from '../../device-profiles/yaml-environment.ts'
import { checkBrokerCertificates } from './broker-checks.ts'
import { withAbsoluteFiles } from './broker-config.ts'
import { checkCommandingChannels, withAbsoluteChannelFiles } from './channels/channel-checks.ts'
import { checkConfig } from './checks.ts'
import { assembleConfig, type GatewayConfig } from './config.ts'
import { checkDetection, checkReads } from './detection-check.ts'
import { resolveDevices, SELF_PROFILES } from './devices.ts'
import { checkRemotes } from './remote-checks.ts'
import type { Report } from './report.ts'
import { adviseOnRules } from './rule-advice.ts'
import { ConfigFile } from './schema.ts'
import { adviseOnSerialNames, STABLE_NAMES } from './serial-names.ts'
import { readSourceFile } from './source-file.ts'

export type LoadResult =
  | {
      readonly ok: true
      readonly config: GatewayConfig
      /** What works, but is probably a slip. */
      readonly advice: readonly DocumentProblem[]
    }
  | {
      readonly ok: false
      readonly problems: readonly DocumentProblem[]
      /** There if nothing is wrong but that lines are too slow, so that their times can be shown. */
      readonly tooSlow?: GatewayConfig
    }

const checkSchema = compileSchema(ConfigFile)
const OWN_PROFILES = fileURLToPath(new URL('../../device-profiles', import.meta.url))

const CERTIFICATE_KEYS = ['caFile', 'certFile', 'keyFile'] as const

export interface LoadOptions {
  readonly environment: Environment
  /** Where the stable names of serial ports stand; those of udev if absent. */
  readonly stableNames?: readonly string[]
}

/** Never throws for what the file says. Relative paths in it are taken from its own folder. */
export function loadConfig(file: string, options: LoadOptions): LoadResult {
  const source = readSourceFile(file, { environment: options.environment, check: checkSchema })
  if (source.document === null) return { ok: false, problems: source.problems }
  const { config, problems, advice } = meaning(source.document, options)
  if (config !== null && problems.length === 0) return { ok: true, config, advice }
  return { ok: false, problems: source.shown(problems), ...(config !== null && { tooSlow: config }) }
}

interface Meaning {
  /** Null where the file makes no configuration. */
  readonly config: GatewayConfig | null
  readonly problems: readonly DocumentProblem[]
  readonly advice: readonly DocumentProblem[]
}

function meaning(document: YamlDocument, { stableNames = STABLE_NAMES }: LoadOptions): Meaning {
  const file = withAbsolutePaths(document.value as ConfigFile, dirname(resolve(document.file)))
  const problems: DocumentProblem[] = []
  const report: Report = (path, message) => problems.push(document.problem(path, message))
  checkConfig(file, report)
  checkRemotes(file, report)
  checkCertificateFiles(file, report)
  const { deviceProfiles } = file.gateway
  // Of the models that come with Outpost, which its tests hold, only what is used: a start should not read all the others.
  const own = { path: OWN_PROFILES, models: usedModels(file) }
  const catalogue = loadCatalogue([own, ...(deviceProfiles === undefined ? [] : [deviceProfiles])])
  problems.push(...catalogue.problems)
  const resolved = resolveDevices(file, { catalogue, report })
  checkCommandingChannels(file, { devices: resolved.devices, report })
  const advice = [...catalogue.advice]
  const advise: Report = (path, message) => advice.push(document.problem(path, message))
  adviseOnSerialNames(file, stableNames, advise)
  if (problems.length === 0) adviseOnRules(file, { devices: resolved.devices, advise })
  checkBrokerCertificates(file, { report, advise, now: Date.now() })
  if (problems.length > 0) return { config: null, problems, advice }
  const config = assembleConfig(file, resolved)
  checkReads(config, report)
  // Times are computed from reads that are possible.
  if (problems.length > 0) return { config: null, problems, advice }
  checkDetection(config, { file, report })
  return { config, problems, advice }
}

function usedModels({ devices }: ConfigFile): ReadonlySet<string> {
  return new Set([...devices.map(({ profile }) => profile), ...Object.values(SELF_PROFILES)])
}

/** Read at the start of their part; what is missing then would stop a gateway that was told it is valid. */
function checkCertificateFiles(file: ConfigFile, report: Report): void {
  for (const section of ['brokers', 'sinks'] as const) {
    for (const [index, part] of (file[section] ?? []).entries()) {
      for (const key of CERTIFICATE_KEYS) {
        const path = (part as { readonly [K in typeof key]?: string })[key]
        if (path !== undefined && !existsSync(path))
          report([section, index, key], `expected a file, got "${path}", which is not there`)
      }
    }
  }
}

function withAbsolutePaths(file: ConfigFile, folder: string): ConfigFile {
  const absolute = <K extends string>(
    part: Partial<Record<K, string>>,
    keys: readonly K[],
  ): Partial<Record<K, string>> =>
    Object.fromEntries(
      keys.flatMap((key) => (part[key] === undefined ? [] : [[key, resolve(folder, part[key])]])),
    ) as Partial<Record<K, string>>
  return {
    ...file,
    gateway: { ...file.gateway, ...absolute(file.gateway, ['dataDirectory', 'deviceProfiles']) },
    ...(file.broker && { broker: withAbsoluteFiles(file.broker, folder) }),
    ...(file.dispatch && {
      dispatch: {
        ...file.dispatch,
        channels: file.dispatch.channels.map((channel) => withAbsoluteChannelFiles(channel, folder)),
      },
    }),
    ...(file.brokers && {
      brokers: file.brokers.map((broker) => ({ ...broker, ...absolute(broker, CERTIFICATE_KEYS) })),
    }),
    ...(file.sinks && {
      sinks: file.sinks.map((sink) =>
        sink.type === 'webhook' ? sink : { ...sink, ...absolute(sink, CERTIFICATE_KEYS) },
      ),
    }),
  }
}
