/** The command line of the gateway. */
import { parseArgs } from 'node:util'
import { systemClock } from './clock.ts'
import { isUsageError } from './commands/usage-error.ts'
import { JournalThreads } from './journal/journal-threads.ts'
import { createServiceManager } from './service-manager.ts'

const HELP = `Outpost (哨所): an edge telemetry and alarm gateway

  outpost run FILE      run the gateway with the configuration FILE
  outpost check FILE    say everything that is wrong with FILE, and start nothing
      --timing          and say for each line its cycle and load, for each alarm when it is detected at the latest
      --json            the same as JSON
  outpost backtest …    which alarms the rules of a configuration would have raised; "outpost backtest --help" says how
  outpost profiles …    device models: list, search, show, test, new, import; "outpost profiles --help" says how
  outpost probe …       read one Modbus device now; "outpost probe --help" says how
  outpost scan …        find the units on a Modbus line; "outpost scan --help" says how
  outpost command …     tell a device of a running gateway to do something; "outpost command --help" says how
  outpost mode …        begin and end maintenance, drills and tests; "outpost mode --help" says how
  outpost report …      report what people see and no sensor does; "outpost report --help" says how
  outpost broker …      run the MQTT broker alone; "outpost broker --help" says how
  outpost hash-password hash a password for a user of the embedded broker
  outpost --help        this text
  outpost --version     the version

While it runs: SIGHUP applies a changed FILE if it is valid; SIGTERM or Ctrl-C stops cleanly.
Exit codes: 0 well, 1 the configuration is wrong or the gateway could not start, 2 the command line is wrong.
`

/** Open handles get so long to close by themselves after the end. */
const LEFT_BEHIND_MS = 1000

type OwnCommand = (args: readonly string[]) => Promise<number>

/** Commands with options of their own. Each loads what it needs, and no more: a gateway that starts loads none of them. */
const COMMANDS: Readonly<Record<string, () => Promise<OwnCommand>>> = {
  backtest: async () => (await import('./commands/backtest-command.ts')).backtestCommand,
  probe: async () => (await import('./commands/probe-command.ts')).probeCommand,
  profiles: async () => (await import('./commands/profiles-command.ts')).profilesCommand,
  broker: async () => (await import('./commands/broker-command.ts')).brokerCommand,
  command: async () => (await import('./commands/command-command.ts')).commandCommand,
  'hash-password': async () => (await import('./commands/hash-password-command.ts')).hashPasswordCommand,
  mode: async () => (await import('./commands/mode-command.ts')).modeCommand,
  report: async () => (await import('./commands/report-command.ts')).reportCommand,
  scan: async () => (await import('./commands/scan-command.ts')).scanCommand,
}

async function main(): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2)
  const own = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (own !== undefined) return runCommand(await own(), { name, args })
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
      timing: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  })
  if (values.version) return print((await import('../package.json', { with: { type: 'json' } })).default.version)
  const [command, file, ...more] = positionals
  if (values.help || command === undefined || command === 'help') return print(HELP)
  if (command !== 'run' && command !== 'check') return wrongUse(`there is no command "${command}"`)
  if (file === undefined) return wrongUse(`"outpost ${command}" needs the path of a configuration file`)
  if (more.length > 0) return wrongUse(`"outpost ${command}" takes one file, got ${more.length + 1}`)
  const { timing = false, json = false } = values
  if (timing && command !== 'check') return wrongUse('"--timing" belongs to "outpost check"')
  if (json && !timing) return wrongUse('"--json" belongs to "outpost check --timing"')
  if (timing) return checkTiming(file, { json })
  return command === 'check' ? check(file) : run(file)
}

/** What is wrong with its own options, a command explains in its own help. */
async function runCommand(
  command: OwnCommand,
  { name, args }: { readonly name: string; readonly args: readonly string[] },
): Promise<number> {
  try {
    return await command(args)
  } catch (error) {
    if (isUsageError(error)) return wrongUse(error.message, `outpost ${name}`)
    throw error
  }
}

function print(text: string): number {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  return 0
}

function wrongUse(message: string, command = 'outpost'): number {
  process.stderr.write(`${command}: ${message}; see "${command} --help"\n`)
  return 2
}

async function check(file: string): Promise<number> {
  const { loadConfig, formatAdvice, formatProblems } = await checking()
  const result = loadConfig(file, { environment: process.env })
  if (!result.ok) {
    process.stdout.write(formatProblems(file, result.problems))
    return 1
  }
  const { devices, lines, sinks } = result.config
  const points = devices.reduce((sum, device) => sum + device.points.length, 0)
  const rules = devices.reduce((sum, device) => sum + device.rules.length, 0)
  return print(
    `${file} is valid: ${devices.length} devices (the gateway and its sinks among them), ${points} points, ` +
      `${rules} rules, ${lines.length} lines, ${sinks.length} sinks\n${formatAdvice(result.advice)}`,
  )
}

async function checkTiming(file: string, { json }: { readonly json: boolean }): Promise<number> {
  const { loadConfig, formatProblems } = await checking()
  const { predictTiming } = await import('./config/timing.ts')
  const { timingText } = await import('./config/timing-text.ts')
  const result = loadConfig(file, { environment: process.env })
  const config = result.ok ? result.config : result.tooSlow
  const timing = config === undefined ? null : predictTiming(config)
  const problems = result.ok ? [] : result.problems
  if (json) print(JSON.stringify({ file, valid: result.ok, problems, timing }, null, 2))
  else {
    if (timing !== null) print(timingText(timing))
    if (!result.ok) print(`${timing === null ? '' : '\n'}${formatProblems(file, problems)}`)
  }
  return result.ok ? 0 : 1
}

async function checking() {
  const [load, problems] = await Promise.all([import('./config/load.ts'), import('./config/problems.ts')])
  return { ...load, ...problems }
}

async function run(file: string): Promise<number> {
  // They load their own code while this thread loads the rest and reads the configuration.
  const threads = new JournalThreads()
  try {
    return await runWith(threads, file)
  } finally {
    await threads.end()
  }
}

async function runWith(threads: JournalThreads, file: string): Promise<number> {
  const [{ loadConfig, formatProblems }, { createApp }, { createLog }] = await Promise.all([
    checking(),
    import('./app.ts'),
    import('./log.ts'),
  ])
  const result = loadConfig(file, { environment: process.env })
  if (!result.ok) {
    process.stderr.write(formatProblems(file, result.problems))
    return 1
  }
  const log = createLog(result.config.gateway.logLevel)
  const app = createApp(result.config, {
    ...{ clock: systemClock, log, threads },
    reload: () => loadConfig(file, { environment: process.env }),
  })
  const serviceManager = createServiceManager({ environment: process.env, clock: systemClock, log })
  const { promise: stopped, resolve } = Promise.withResolvers<number>()
  const stop = (signal: string) => {
    log.info({ signal }, 'stopping')
    void serviceManager.stopping()
    app.stop().then(
      () => resolve(0),
      () => resolve(1),
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.on('SIGHUP', () => void app.reload())
  try {
    await app.start()
  } catch (error) {
    await app.stop()
    process.stderr.write(`outpost: could not start: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
  void serviceManager.ready()
  return stopped
}

process.exitCode = await main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  if (isUsageError(error)) return wrongUse(message)
  process.stderr.write(`outpost: ended by an unexpected error: ${message}\n`)
  return 1
})

// What a part has left behind must not keep a gateway that has stopped from being started again.
setTimeout(() => {
  process.stderr.write(`outpost: ended with something left open: ${process.getActiveResourcesInfo().join(', ')}\n`)
  process.exit()
}, LEFT_BEHIND_MS).unref()
