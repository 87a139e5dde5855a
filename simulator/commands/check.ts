/** `check FILE`: says everything that is wrong with a scenario, and starts nothing. */
import { parseArgs } from 'node:util'
import { loadFile } from './load-file.ts'
import { oneFile } from './run.ts'

export function checkCommand(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    ...{ args: [...args], allowPositionals: true },
    options: { profiles: { type: 'string' } },
  })
  const file = oneFile('check', positionals)
  const scenario = loadFile(file, values.profiles)
  if (scenario === null) return 1
  const counts = `${counted(scenario.devices.size, 'device')}, ${counted(scenario.lines.size, 'line')}`
  process.stdout.write(`${file} is valid: ${counts}\n`)
  return 0
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
