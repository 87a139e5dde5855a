#!/usr/bin/env node
/** The command line of the simulator. */
import { parseArgs } from 'node:util'
import { loadCatalogue } from '../device-profiles/catalogue.ts'
import { problemText } from '../device-profiles/yaml-document.ts'
import { overview, storyText } from './overview.ts'
import { createSimulation } from './runner.ts'
import type { Scenario } from './scenario.ts'
import { loadScenario } from './scenario-file.ts'

const HELP = `The simulated field of Outpost: Modbus stations and MQTT devices, driven by a scenario

  node simulator/main.ts run FILE [--speed N] [--wait N] [--quiet]
                                   serve what FILE describes, until Ctrl-C or SIGTERM
  node simulator/main.ts check FILE
                                   say everything that is wrong with FILE, and start nothing
  node simulator/main.ts --help    this text

  --speed N   N seconds of the story in each second (default 1, more than 0, at most 1000)
  --wait N    begin the story when all MQTT devices are connected, after N seconds at the latest (default 0)
  --quiet     print problems only

Exit codes: 0 well, 1 the scenario is wrong or could not start, 2 the command line is wrong.
`
const FASTEST = 1000
const LONGEST_WAIT = 3600

type Arguments =
  | { readonly command: 'help' }
  | { readonly command: 'check'; readonly file: string }
  | { readonly command: 'run'; readonly file: string; readonly pace: Pace; readonly isQuiet: boolean }

/** `speed`: seconds of the story in each second. */
interface Pace {
  readonly speed: number
  readonly waitMs: number
}

async function main(): Promise<number> {
  const given = readArguments()
  if (typeof given === 'string') {
    process.stderr.write(`simulator: ${given}; see "node simulator/main.ts --help"\n`)
    return 2
  }
  if (given.command === 'help') return print(HELP)
  const scenario = load(given.file)
  if (scenario === null) return 1
  if (given.command === 'run') return await run(scenario, given)
  const counts = `${counted(scenario.devices.size, 'device')}, ${counted(scenario.lines.size, 'line')}`
  return print(`${given.file} is valid: ${counts}\n`)
}

/** What to do, or what is wrong with the command line. */
function readArguments(): Arguments | string {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        speed: { type: 'string' },
        wait: { type: 'string' },
        quiet: { type: 'boolean' },
      },
    })
    const [command, file, ...more] = positionals
    if (values.help || command === 'help') return { command: 'help' }
    if (command === undefined) return 'expected a command, "run" or "check"'
    if (command !== 'run' && command !== 'check') return `there is no command "${command}"`
    if (file === undefined) return `"${command}" needs the path of a scenario file`
    if (more.length > 0) return `"${command}" takes one file, got ${more.length + 1}`
    const speed = Number(values.speed ?? 1)
    if (!(speed > 0 && speed <= FASTEST)) {
      return `--speed: expected a number above 0 and at most ${FASTEST}, got "${values.speed}"`
    }
    const wait = Number(values.wait ?? 0)
    if (!(wait >= 0 && wait <= LONGEST_WAIT)) {
      return `--wait: expected seconds from 0 to ${LONGEST_WAIT}, got "${values.wait}"`
    }
    return { command, file, pace: { speed, waitMs: wait * 1000 }, isQuiet: values.quiet === true }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function load(file: string): Scenario | null {
  const catalogue = loadCatalogue()
  const result = loadScenario(file, { profiles: catalogue, environment: process.env })
  const problems = [...catalogue.problems, ...('problems' in result ? result.problems : [])]
  for (const problem of problems) process.stderr.write(`${problemText(problem)}\n`)
  return 'scenario' in result && problems.length === 0 ? result.scenario : null
}

async function run(
  scenario: Scenario,
  { pace, isQuiet }: { readonly pace: Pace; readonly isQuiet: boolean },
): Promise<number> {
  const stopped = stopSignal()
  // A closed terminal or pipe must not end the devices.
  process.stdout.on('error', () => {})
  const simulation = createSimulation(scenario, {
    ...pace,
    onNotice: (text) => process.stderr.write(`${text}\n`),
    onStory: (line) => isQuiet || print(storyText(line)),
  })
  try {
    await simulation.start()
  } catch (error) {
    process.stderr.write(`simulator: could not start: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
  if (!isQuiet) print(overview(scenario, simulation.ports()))
  await stopped
  await simulation.stop()
  return 0
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

process.exitCode = await main()
