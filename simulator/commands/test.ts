/** `test FILE …`: tells scenarios to a gateway, and says whether it told what was expected. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { styleText } from 'node:util'
import { LineError } from '../line-error.ts'
import { storyText } from '../overview.ts'
import type { Scenario } from '../scenario.ts'
import { type GatewayPlaces, newPlaces, placeVariables } from '../verdict/gateway-child.ts'
import { GatewayError } from '../verdict/gateway-error.ts'
import { junitXml } from '../verdict/junit.ts'
import { pictureSvg } from '../verdict/picture.ts'
import { isMet, type TestOutcome } from '../verdict/test-outcome.ts'
import { type TestOptions, testScenario } from '../verdict/test-run.ts'
import { type Paint, verdictText } from '../verdict/verdict-text.ts'
import { readFile } from './load-file.ts'
import { ProgressLine } from './progress-line.ts'
import { interruption } from './stop-signal.ts'
import { isFolder, readTestArguments, type TestArguments } from './test-arguments.ts'

/** Of the exit code. */
const MISSED = 1
const NOT_TESTED = 2

/** Resolves with the exit code: 0 everything was met, 1 something was not, 2 something could not be tested. Throws a UsageError. */
export async function testCommand(args: readonly string[]): Promise<number> {
  const given = readTestArguments(args)
  const signal = interruption(NOT_TESTED)
  const paint: Paint = (style, text) => styleText(style, text, { stream: process.stdout, validateStream: true })
  const tests = given.seeds.flatMap((seed) => given.files.map((file) => ({ file, seed })))
  const told = await inTurns(tests, {
    atOnce: given.parallel,
    run: async (test) => {
      const outcome = signal.aborted ? null : await testFile(test, { given, signal })
      if (outcome === null) return null
      process.stdout.write(verdictText(outcome, paint))
      if (given.picture !== undefined && outcome.type === 'judged') {
        writeResult(placeOf(given.picture, { ...test, given, ending: '.svg' }), pictureSvg(outcome.result))
      }
      return outcome
    },
  })
  const outcomes = told.filter((outcome) => outcome !== null)
  const stopped = tests[told.indexOf(null)]
  if (stopped !== undefined) return interrupted(stopped.file)
  if (given.junit !== undefined) writeResult(given.junit, junitXml(outcomes))
  if (outcomes.length > 1) process.stdout.write(sumText(outcomes, paint))
  if (outcomes.some(({ type }) => type === 'failed')) return NOT_TESTED
  return outcomes.every(isMet) ? 0 : MISSED
}

function interrupted(file: string): number {
  process.stderr.write(`simulator: ${file}: stopped before its end, without a verdict\n`)
  return NOT_TESTED
}

function sumText(outcomes: readonly TestOutcome[], paint: Paint): string {
  const met = outcomes.filter(isMet).length
  return `${paint(met === outcomes.length ? 'green' : 'red', `${met} of ${outcomes.length} scenarios met`)}\n`
}

/** So many at once; what came of them in the order of the list. */
async function inTurns<Item, Result>(
  items: readonly Item[],
  { atOnce, run }: { readonly atOnce: number; readonly run: (item: Item) => Promise<Result> },
): Promise<readonly Result[]> {
  const results: Result[] = []
  const waiting = items.entries()
  const one = async (): Promise<void> => {
    for (const [i, item] of waiting) results[i] = await run(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, one))
  return results
}

/** One file, told with one seed; null: its own. */
interface Test {
  readonly file: string
  readonly seed: number | null
}

interface Testing {
  readonly given: TestArguments
  readonly signal: AbortSignal
}

/** Null where it was stopped. */
async function testFile({ file, seed }: Test, { given, signal }: Testing): Promise<TestOutcome | null> {
  const begun = performance.now()
  const places = given.gateway === null ? await newPlaces() : null
  const environment = { ...process.env, ...(places !== null && placeVariables(places)) }
  const found = readFile(file, { environment, profiles: given.profiles })
  if ('problems' in found) {
    const shared = { file, name: { zh: file, en: file }, seed: seed ?? 1, speed: given.speed ?? 1 }
    return { ...shared, seconds: 0, type: 'failed', reason: found.problems.join('\n') }
  }
  const scenario: Scenario = seed === null ? found.scenario : { ...found.scenario, seed }
  const speed = speedOf(scenario, { file, wanted: given.speed })
  const shared = { file, name: scenario.name, seed: scenario.seed, speed }
  const line = new ProgressLine(process.stderr)
  try {
    const result = await testScenario(scenario, {
      ...{ file, speed, signal, gateway: gatewayOf({ file, seed }, { given, places }) },
      onProgress: (progress) => given.parallel === 1 && line.show(progress),
      onStory: (told) => {
        line.clear()
        if (!given.isQuiet) process.stdout.write(storyText(told))
      },
    })
    return { ...shared, seconds: secondsSince(begun), type: 'judged', result }
  } catch (error) {
    if (signal.aborted) return null
    // What is no fault of the gateway or of the field is a fault of this program, and shall be seen as one.
    if (!(error instanceof GatewayError || error instanceof LineError)) throw error
    return { ...shared, seconds: secondsSince(begun), type: 'failed', reason: error.message }
  } finally {
    line.clear()
  }
}

function gatewayOf(
  test: Test,
  { given, places }: { readonly given: TestArguments; readonly places: GatewayPlaces | null },
): TestOptions['gateway'] {
  if (places === null) {
    return { type: 'running', address: { url: String(given.gateway), token: process.env.OUTPOST_TOKEN } }
  }
  const { keep, files, seeds } = given
  // Several gateways cannot share one journal.
  const isOnly = files.length * seeds.length === 1
  const own = keep === undefined || isOnly ? keep : placeOf(keep, { ...test, given, ending: '' })
  return { type: 'started', places, profiles: given.profiles, keep: own }
}

/** A scenario that leaves its gateway too little time for its delays would fail without a fault. */
function speedOf(scenario: Scenario, { file, wanted }: { readonly file: string; readonly wanted: number | null }) {
  const fastest = scenario.expect?.maxSpeed ?? 1
  const speed = Math.min(wanted ?? fastest, fastest)
  if (wanted !== null && speed < wanted) {
    process.stderr.write(`${file}: runs at speed ${speed}, its maxSpeed, instead of ${wanted}\n`)
  }
  return speed
}

/** A folder takes one for each scenario. */
function placeOf(
  path: string,
  { file, seed, given, ending }: Test & { readonly given: TestArguments; readonly ending: string },
): string {
  const name = basename(file).replace(/\.ya?ml$/, '')
  return isFolder(path) ? join(path, `${name}${given.seeds.length > 1 ? `-${seed}` : ''}${ending}`) : path
}

function writeResult(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function secondsSince(begun: number): number {
  return (performance.now() - begun) / 1000
}
