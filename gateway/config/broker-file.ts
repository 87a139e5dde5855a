/** The configuration of a broker that runs alone: the section `broker` of a gateway, and where it keeps its file. */
import { dirname, resolve } from 'node:path'
import { type Static, Type } from 'typebox'
import { compileSchema } from '../../device-profiles/schema-check.ts'
import type { DocumentProblem, YamlDocument } from '../../device-profiles/yaml-document.ts'
import type { Environment } from '../../device-profiles/yaml-environment.ts'
import { checkBroker, checkBrokerCertificates } from './broker-checks.ts'
import { type BrokerConfig, brokerConfigOf, withAbsoluteFiles } from './broker-config.ts'
import { BrokerSection } from './broker-schema.ts'
import { checkBrokerStore } from './broker-store.ts'
import { Path, strict } from './common-schema.ts'
import { checkPorts } from './endpoint-checks.ts'
import type { Report } from './report.ts'
import { readSourceFile } from './source-file.ts'

const BrokerFile = Type.Object(
  {
    /** Where sessions, queued and retained messages are kept. */
    dataDirectory: Path,
    logLevel: Type.Optional(Type.Enum(['debug', 'info', 'warn', 'error'])),
    broker: BrokerSection,
  },
  strict,
)

export interface BrokerAloneConfig {
  readonly dataDirectory: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly broker: BrokerConfig
}

export type BrokerFileResult =
  | { readonly ok: true; readonly config: BrokerAloneConfig; readonly advice: readonly DocumentProblem[] }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] }

const check = compileSchema(BrokerFile)

/** Never throws for what the file says. Relative paths in it are taken from its own folder. */
export function loadBrokerFile(file: string, { environment }: { readonly environment: Environment }): BrokerFileResult {
  const source = readSourceFile(file, { environment, check })
  if (source.document === null) return { ok: false, problems: source.problems }
  const { config, problems, advice } = meaning(source.document)
  return problems.length > 0 ? { ok: false, problems: source.shown(problems) } : { ok: true, config, advice }
}

function meaning(document: YamlDocument) {
  const folder = dirname(resolve(document.file))
  const { dataDirectory: directory, logLevel = 'info', broker: section } = document.value as Static<typeof BrokerFile>
  const dataDirectory = resolve(folder, directory)
  const broker = withAbsoluteFiles(section, folder)
  const problems: DocumentProblem[] = []
  const advice: DocumentProblem[] = []
  const report: Report = (path, message) => problems.push(document.problem(path, message))
  checkBroker({ broker }, report)
  checkPorts({ broker }, report)
  checkBrokerStore({ broker, gateway: { dataDirectory } }, report)
  const advise: Report = (path, message) => advice.push(document.problem(path, message))
  checkBrokerCertificates({ broker }, { report, advise, now: Date.now() })
  const config: BrokerAloneConfig = { dataDirectory, logLevel, broker: brokerConfigOf(broker, dataDirectory) }
  return { config, problems, advice }
}
