#!/usr/bin/env node
/** The command line of the simulator. */
import { HELP } from './commands/help.ts'
import { UsageError } from './commands/usage-error.ts'

type Command = (args: readonly string[]) => number | Promise<number>

/** Loaded when it is needed: a slip on the command line shall not wait for what it does not use. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./commands/run.ts')).runCommand,
  check: async () => (await import('./commands/check.ts')).checkCommand,
  control: async () => (await import('./commands/control.ts')).controlCommand,
  load: async () => (await import('./commands/load.ts')).loadCommand,
  test: async () => (await import('./commands/test.ts')).testCommand,
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === 'help' || [name, ...args].some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(HELP)
    return 0
  }
  try {
    const load = await commandOf(name)
    return await load(args)
  } catch (error) {
    if (!isUsageError(error)) throw error
    process.stderr.write(`simulator: ${error.message}; see "node simulator/main.ts --help"\n`)
    return 2
  }
}

async function commandOf(name: string | undefined): Promise<Command> {
  const names = Object.keys(COMMANDS).map((each) => `"${each}"`)
  if (name === undefined)
    throw new UsageError(`expected a command, ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`)
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (load === undefined) throw new UsageError(`there is no command "${name}"`)
  return await load()
}

/** Also what Node says of options. */
function isUsageError(error: unknown): error is Error {
  if (error instanceof UsageError) return true
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

process.exitCode = await main(process.argv.slice(2))
