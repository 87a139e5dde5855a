/** `outpost broker`: the MQTT broker without a gateway. */
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { authenticationOf, brokerAlone, brokerOptionsOf } from '../app/embedded-broker.ts'
import { type BrokerAloneConfig, loadBrokerFile } from '../config/broker-file.ts'
import { bareHost, isLoopback } from '../config/loopback.ts'
import { formatAdvice, formatProblems } from '../config/problems.ts'
import { createLog } from '../log.ts'
import { UsageError } from './usage-error.ts'

export const BROKER_HELP = `outpost broker: run the MQTT broker without a gateway

  outpost broker --config FILE             with what FILE says
  outpost broker [--host 127.0.0.1] [--port 1883]
                                           for anyone on this machine; keeps nothing over its end

FILE holds "dataDirectory", "logLevel" if it is not info, and "broker" as in the configuration of a gateway:

  dataDirectory: ./data
  broker:
    listeners: [{ type: tcp, host: 0.0.0.0, port: 1883 }]
    authentication:
      type: users
      users:
        - { name: field, passwordHash: "…", rights: { type: topics, publish: [site/#] } }      # of "outpost hash-password"

While it runs: SIGHUP applies changed users and certificates; SIGTERM or Ctrl-C stops cleanly.
Exit codes: 0 well, 1 the file is wrong or the broker could not start, 2 the command line is wrong.
`

type Log = ReturnType<typeof createLog>
type RunningBroker = ReturnType<typeof brokerAlone>

/** Gives the exit code. Throws where the command line is wrong. */
export async function brokerCommand(args: readonly string[]): Promise<number> {
  const options = parse(args)
  if (options === null) {
    process.stdout.write(BROKER_HELP)
    return 0
  }
  const { file } = options
  if (file === undefined) return await run(anonymous(options), { log: createLog('info') })
  const result = loadBrokerFile(file, { environment: process.env })
  if (!result.ok) {
    process.stderr.write(formatProblems(file, result.problems))
    return 1
  }
  process.stderr.write(formatAdvice(result.advice))
  mkdirSync(result.config.dataDirectory, { recursive: true })
  return await run(result.config, { log: createLog(result.config.logLevel), file })
}

async function run(
  config: Pick<BrokerAloneConfig, 'broker'>,
  { log, file }: { readonly log: Log; readonly file?: string },
): Promise<number> {
  const broker = brokerAlone(config.broker, log)
  const { promise: stopped, resolve } = Promise.withResolvers<number>()
  const stop = (signal: string): void => {
    log.info({ signal }, 'stopping')
    broker.stop().then(
      () => resolve(0),
      () => resolve(1),
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  let running = config.broker
  process.on('SIGHUP', () => {
    if (file !== undefined) running = reload(broker, { file, log, running })
  })
  try {
    await broker.start()
  } catch (error) {
    await broker.stop()
    process.stderr.write(`outpost broker: could not start: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
  log.info({ mqtt: broker.addresses() }, 'running')
  return await stopped
}

/** Gives what the broker runs with from now on. */
function reload(
  broker: RunningBroker,
  { file, log, running }: { readonly file: string; readonly log: Log; readonly running: BrokerAloneConfig['broker'] },
): BrokerAloneConfig['broker'] {
  const result = loadBrokerFile(file, { environment: process.env })
  if (!result.ok) {
    const problems = result.problems.map(({ line, column, path, message }) => `${line}:${column}: ${path}: ${message}`)
    log.warn({ problems }, 'the changed configuration was refused; the last good one stays')
    return running
  }
  const next = result.config.broker
  if (JSON.stringify(brokerOptionsOf(next)) !== JSON.stringify(brokerOptionsOf(running))) {
    log.warn({}, 'listeners, limits and persistence change with a restart only; users and certificates are applied')
  }
  broker.renewCertificates()
  const areOthers = broker.setAuthentication(authenticationOf(next, []))
  log.info({ users: areOthers ? 'changed' : 'as before' }, 'the configuration was applied')
  return { ...running, authentication: next.authentication }
}

function anonymous({
  host,
  port,
}: {
  readonly host: string
  readonly port: number
}): Pick<BrokerAloneConfig, 'broker'> {
  const store = { persistence: { type: 'memory' }, sessionExpiryMs: undefined, maxQueuedPerSession: undefined } as const
  const listeners = [{ type: 'tcp', host, port }] as const
  return { broker: { listeners, authentication: { type: 'anonymous-on-loopback' }, limits: {}, store } }
}

function parse(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      config: { type: 'string' },
      host: { type: 'string' },
      port: { type: 'string' },
    },
  })
  if (values.help) return null
  if (values.config !== undefined && (values.host ?? values.port) !== undefined) {
    throw new UsageError('--config: expected it alone; the file says where to listen')
  }
  const { host = '127.0.0.1', port = '1883' } = values
  if (!isLoopback(host)) {
    throw new UsageError(`--host: expected a loopback address, because nobody is asked for a password; got "${host}"`)
  }
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new UsageError(`--port: expected a port from 0 (any) to 65535, got "${port}"`)
  }
  return { file: values.config, host: bareHost(host), port: Number(port) }
}
