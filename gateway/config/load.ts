/** From a file to a configuration that can run, or to everything that is wrong with it. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Node } from 'yaml'
import { loadCatalogue } from '../../device-profiles/catalogue.ts'
import { compileSchema } from '../../device-profiles/schema-check.ts'
import { type DocumentProblem, parseYamlDocument, type YamlDocument } from '../../device-profiles/yaml-document.ts'
import {
  type Environment,
  type MissingVariable,
  missingProblems,
  otherProblems,
  substituteEnvironment,
} from '../../device-profiles/yaml-environment.ts'
import { checkBrokerCertificates } from './broker-checks.ts'
import { withAbsoluteFiles } from './broker-config.ts'
import { checkConfig } from './checks.ts'
import { assembleConfig, type GatewayConfig } from './config.ts'
import { checkDetection, checkReads } from './detection-check.ts'
import { resolveDevices } from './devices.ts'
import { checkRemotes } from './remote-checks.ts'
import type { Report } from './report.ts'
import { ConfigFile } from './schema.ts'
import { hashNodes, type LiteralSecret, literalSecrets, SECRET_KEYS, TEXT_KEYS, withoutValues } from './secrets.ts'
import { adviseOnSerialNames, STABLE_NAMES } from './serial-names.ts'

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

/** A larger file is a mistake, not a configuration. */
const MAX_BYTES = 16 * 1024 * 1024

export interface LoadOptions {
  readonly environment: Environment
  /** Where the stable names of serial ports stand; those of udev if absent. */
  readonly stableNames?: readonly string[]
}

/** Never throws for what the file says. Relative paths in it are taken from its own folder. */
export function loadConfig(file: string, options: LoadOptions): LoadResult {
  const text = readText(file)
  if (typeof text !== 'string') return { ok: false, problems: [text] }
  const source = parse(text, { file, environment: options.environment })
  const hide = (problems: readonly DocumentProblem[]) =>
    withoutValues(problems, { document: source.document, nodes: source.hidden })
  const form = [...source.problems, ...hide(otherProblems(checkSchema(source.document), source))]
  const { config, problems, advice } =
    form.length > 0 ? { config: null, problems: form, advice: [] } : meaning(source, options)
  if (config !== null && problems.length === 0) return { ok: true, config, advice }
  const shown = form.length > 0 ? form : hide(problems)
  const sorted = shown.toSorted((a, b) => a.line - b.line || a.column - b.column)
  return { ok: false, problems: sorted, ...(config !== null && { tooSlow: config }) }
}

function readText(file: string): string | DocumentProblem {
  const problem = (message: string): DocumentProblem => ({ file, line: 0, column: 0, path: '', message })
  try {
    if (statSync(file).size > MAX_BYTES) return problem(`expected a file of at most ${MAX_BYTES / 1024 / 1024} MiB`)
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (error) {
    return problem(`cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

interface ParsedFile {
  readonly document: YamlDocument
  readonly missing: readonly MissingVariable[]
  /** Values that no message may show. */
  readonly hidden: ReadonlySet<Node>
  readonly problems: readonly DocumentProblem[]
}

function parse(text: string, { file, environment }: { file: string; environment: Environment }): ParsedFile {
  let missing: readonly MissingVariable[] = []
  let literal: readonly LiteralSecret[] = []
  const hidden = new Set<Node>()
  const document = parseYamlDocument(text, file, {
    prepare(parsed) {
      const substitution = substituteEnvironment(parsed, { environment, textKeys: TEXT_KEYS })
      missing = substitution.missing
      literal = literalSecrets(parsed, substitution)
      const unseen = [...literal.map((secret) => secret.node), ...hashNodes(parsed)]
      for (const node of [...substitution.fromEnvironment, ...unseen]) hidden.add(node)
    },
  })
  const at = (node: Node, message: string): DocumentProblem => ({ file, ...document.place(node), path: '', message })
  const problems = [
    ...missingProblems(document, missing, SECRET_KEYS),
    ...literal.map(({ node, message }) => at(node, message)),
  ]
  return { document, missing, hidden, problems }
}

interface Meaning {
  /** Null where the file makes no configuration. */
  readonly config: GatewayConfig | null
  readonly problems: readonly DocumentProblem[]
  readonly advice: readonly DocumentProblem[]
}

function meaning({ document }: ParsedFile, { stableNames = STABLE_NAMES }: LoadOptions): Meaning {
  const file = withAbsolutePaths(document.value as ConfigFile, dirname(resolve(document.file)))
  const problems: DocumentProblem[] = []
  const report: Report = (path, message) => problems.push(document.problem(path, message))
  checkConfig(file, report)
  checkRemotes(file, report)
  checkCertificateFiles(file, report)
  const found: DocumentProblem[] = []
  const advise: Report = (path, message) => found.push(document.problem(path, message))
  checkBrokerCertificates(file, { report, advise, now: Date.now() })
  const catalogue = loadCatalogue([OWN_PROFILES, ...(file.gateway.deviceProfiles ? [file.gateway.deviceProfiles] : [])])
  problems.push(...catalogue.problems)
  const resolved = resolveDevices(file, { catalogue, report })
  const advice = [...catalogue.advice]
  adviseOnSerialNames(file, stableNames, (path, message) => advice.push(document.problem(path, message)))
  if (problems.length > 0) return { config: null, problems, advice }
  const config = assembleConfig(file, resolved)
  checkReads(config, report)
  // Times are computed from reads that are possible.
  if (problems.length > 0) return { config: null, problems, advice }
  checkDetection(config, { file, report })
  return { config, problems, advice }
}

/** Read at the start of their part; what is missing then would stop a gateway that was told it is valid. */
function checkCertificateFiles(file: ConfigFile, report: Report): void {
  for (const section of ['brokers', 'sinks'] as const) {
    for (const [index, part] of (file[section] ?? []).entries()) {
      for (const key of CERTIFICATE_KEYS) {
        const path = key in part ? (part as Partial<Record<string, string>>)[key] : undefined
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
