/** From a file to a scenario that can run, or to everything that is wrong with it. */
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseDuration } from '../device-profiles/duration.ts'
import { compileSchema } from '../device-profiles/schema-check.ts'
import { type DocumentProblem, parseYamlDocument } from '../device-profiles/yaml-document.ts'
import {
  type Environment,
  type MissingVariable,
  missingProblems,
  otherProblems,
  substituteEnvironment,
} from '../device-profiles/yaml-environment.ts'
import type { StationLine } from './modbus/station.ts'
import type { BrokerAddress, Scenario } from './scenario.ts'
import { createDevices, type Profiles } from './scenario-devices.ts'
import type { Report } from './scenario-report.ts'
import { type LineEntry, ScenarioFile } from './scenario-schema.ts'
import { createTimeline } from './scenario-timeline.ts'
import { createExpectations, createGatewaySetup } from './verdict/create-expectations.ts'

/** A password of digits is still a text. */
const TEXT_KEYS: ReadonlySet<string> = new Set(['username', 'password', 'address', 'path'])

export type ScenarioResult = { readonly scenario: Scenario } | { readonly problems: readonly DocumentProblem[] }

export interface ScenarioOptions {
  readonly profiles: Profiles
  readonly environment: Environment
}

/** A larger file is a mistake, not a scenario. */
const MAX_BYTES = 4 * 1024 * 1024
/** A million rows or so. */
const MAX_RECORDED_BYTES = 64 * 1024 * 1024
const SHORTEST_STORY_SECONDS = 1

const checkSchema = compileSchema(ScenarioFile)

/** Never throws for what the file says, or for a file that cannot be read. */
export function loadScenario(file: string, options: ScenarioOptions): ScenarioResult {
  const problem = (message: string): ScenarioResult => ({ problems: [{ file, line: 0, column: 0, path: '', message }] })
  try {
    return parseScenario(readText(file, MAX_BYTES), { file, ...options })
  } catch (error) {
    return problem(`cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readText(file: string, maxBytes: number): string {
  if (statSync(file).size > maxBytes) throw new RangeError(`expected a file of at most ${maxBytes / 1024 / 1024} MiB`)
  return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
}

/** As `loadScenario`, for the text of a file. */
export function parseScenario(
  text: string,
  { file, profiles, environment }: ScenarioOptions & { readonly file: string },
): ScenarioResult {
  let missing: readonly MissingVariable[] = []
  const document = parseYamlDocument(text, file, {
    prepare: (parsed) => {
      missing = substituteEnvironment(parsed, { environment, textKeys: TEXT_KEYS }).missing
    },
  })
  const form = [
    ...missingProblems(document, missing),
    ...otherProblems(checkSchema(document), { document, missing }).map(withoutSecret),
  ]
  if (form.length > 0) return { problems: inOrder(form) }
  const problems: DocumentProblem[] = []
  const report: Report = (path, message, options) => problems.push(document.problem(path, message, options))
  const scenario = createScenario(document.value as ScenarioFile, { file, profiles, report })
  return problems.length > 0 ? { problems: inOrder(problems) } : { scenario }
}

function inOrder(problems: readonly DocumentProblem[]): readonly DocumentProblem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
}

/** A password may stand in the wrong form, or in the URL; no message shows it. */
function withoutSecret(problem: DocumentProblem): DocumentProblem {
  if (problem.path !== 'broker.password' && problem.path !== 'broker.url') return problem
  return { ...problem, message: problem.message.replace(/, got .*$/s, ', got something else') }
}

function createScenario(
  file: ScenarioFile,
  { file: path, profiles, report }: { readonly file: string; readonly profiles: Profiles; readonly report: Report },
): Scenario {
  const lines = createLines(file.lines ?? [], report)
  const broker: BrokerAddress | null = file.broker ?? null
  const repeatEverySeconds = file.repeatEvery === undefined ? null : parseDuration(file.repeatEvery) / 1000
  if (repeatEverySeconds !== null && repeatEverySeconds < SHORTEST_STORY_SECONDS) {
    report(['repeatEvery'], `expected at least ${SHORTEST_STORY_SECONDS}s, got ${file.repeatEvery}`)
  }
  const readBeside = (name: string): string => readText(resolve(dirname(path), name), MAX_RECORDED_BYTES)
  const made = createDevices(file.devices, { profiles, lines, broker, readText: readBeside, report })
  const unmade = new Set(file.devices.filter((_, i) => made[i] === null).map(({ id }) => id))
  const timeline = createTimeline(file.timeline ?? [], {
    devices: new Map(made.flatMap((device) => (device === null ? [] : [[device.id, device] as const]))),
    unmade,
    lines,
    repeatEverySeconds,
    report: (path, message, options) => report(['timeline', ...path], message, options),
  })
  const gateway = createGatewaySetup(file.gateway)
  const expect = createExpectations(file, { ...timeline, profiles, unmade, lines, repeatEverySeconds, report })
  return { name: file.name, seed: file.seed ?? 1, broker, lines, repeatEverySeconds, ...timeline, gateway, expect }
}

function createLines(entries: readonly LineEntry[], report: Report): ReadonlyMap<string, StationLine> {
  const lines = new Map<string, StationLine>()
  const taken = new Map<string, string>()
  for (const [i, entry] of entries.entries()) {
    const { id, replyTime, ...line } = entry
    if (lines.has(id)) report(['lines', i, 'id'], `line "${id}" is given twice`)
    checkLine(entry, (key, message) => report(['lines', i, key], message))
    lines.set(id, replyTime === undefined ? line : { ...line, replyTimeMs: parseDuration(replyTime) })
    const isSerial = line.type === 'modbus-rtu'
    // Port 0 is another free port every time.
    if (!isSerial && line.port === 0) continue
    const place = isSerial ? line.path : `${line.host}:${line.port}`
    const owner = taken.get(place)
    if (owner === undefined) taken.set(place, id)
    else report(['lines', i, isSerial ? 'path' : 'port'], `${place} is taken by line "${owner}"`)
  }
  return lines
}

/** Keys that have a meaning only beside another one. */
function checkLine(line: LineEntry, report: (key: string, message: string) => void): void {
  if (line.type === 'modbus-rtu') return
  if (line.whenFull !== undefined && line.maxConnections === undefined) {
    report('whenFull', 'a line is full at "maxConnections"; add it, or remove "whenFull"')
  }
  if (line.type !== 'modbus-rtu-over-tcp' || line.baudRate !== undefined) return
  for (const key of ['parity', 'stopBits'] as const) {
    if (line[key] !== undefined) report(key, `"${key}" belongs to a wire; add its "baudRate", or remove "${key}"`)
  }
}
