/** `run FILE`: serves what a scenario describes, until it is told to stop. */
import { parseArgs } from 'node:util'
import { ControlServer } from '../control/control-server.ts'
import { overview, storyProgress, storyText } from '../overview.ts'
import { createSimulation } from '../runner.ts'
import { loadFile } from './load-file.ts'
import { ProgressLine } from './progress-line.ts'
import { stopSignal } from './stop-signal.ts'
import { numberOption, portOption, speedOption, UsageError } from './usage-error.ts'

const LONGEST_WAIT = 3600
const PROGRESS_MS = 500

/** Resolves with the exit code. Throws a UsageError. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const { file, profiles, speed, waitMs, isQuiet, controlPort } = readArguments(args)
  const scenario = loadFile(file, profiles)
  if (scenario === null) return 1
  const stopped = stopSignal()
  // A closed terminal or pipe must not end the devices.
  process.stdout.on('error', () => {})
  const line = new ProgressLine(process.stderr)
  const simulation = createSimulation(scenario, {
    ...{ speed, waitMs },
    onNotice: (text) => {
      line.clear()
      process.stderr.write(`${text}\n`)
    },
    onStory: (told) => {
      line.clear()
      if (!isQuiet) process.stdout.write(storyText(told))
    },
  })
  const control = controlPort === null ? null : new ControlServer({ scenario, simulation, speed, port: controlPort })
  try {
    await simulation.start()
    await control?.start()
  } catch (error) {
    await simulation.stop()
    process.stderr.write(`simulator: could not start: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
  if (!isQuiet) {
    process.stdout.write(overview(scenario, simulation.ports()))
    if (control !== null) process.stdout.write(`  control: ${control.url}\n`)
  }
  const ticker = setInterval(() => {
    if (!isQuiet)
      line.text(storyProgress(scenario, { seconds: simulation.elapsedSeconds(), story: simulation.storyState() }))
  }, PROGRESS_MS)
  await stopped
  clearInterval(ticker)
  line.clear()
  await control?.stop()
  await simulation.stop()
  return 0
}

function readArguments(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...{ speed: { type: 'string' }, wait: { type: 'string' }, quiet: { type: 'boolean' } },
      control: { type: 'string' },
      profiles: { type: 'string' },
    },
  })
  const file = oneFile('run', positionals)
  const speed = speedOption(values.speed)
  const wait = numberOption(values.wait, {
    ...{ name: 'wait', otherwise: 0, expected: `seconds from 0 to ${LONGEST_WAIT}` },
    fits: (seconds) => seconds >= 0 && seconds <= LONGEST_WAIT,
  })
  const controlPort = values.control === undefined ? null : portOption(values.control, { name: 'control', least: 0 })
  return { file, profiles: values.profiles, speed, waitMs: wait * 1000, isQuiet: values.quiet === true, controlPort }
}

export function oneFile(command: string, positionals: readonly string[]): string {
  const [file, ...more] = positionals
  if (file === undefined) throw new UsageError(`"${command}" needs the path of a scenario file`)
  if (more.length > 0) throw new UsageError(`"${command}" takes one file, got ${positionals.length}`)
  return file
}
