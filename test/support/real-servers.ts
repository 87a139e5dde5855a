/**
 * Real servers from Debian for tests: each on free loopback ports with its data in a temporary folder.
 *
 * A server keeps its port and its data over `stop()` and `start()`, so that a test can take it away and bring it back.
 * Readiness is asked of the server itself; nothing here waits for a fixed time.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeWith } from './needs.ts'
import { acceptsTcp, answersHttp, findProgram, type RealServer, startServer } from './server-process.ts'

export type ServerName =
  | 'influxd'
  | 'victoria-metrics'
  | 'mosquitto'
  | 'mosquitto_pub'
  | 'socat'
  | 'mbpoll'
  | 'tshark'
  | 'pymodbus'
  | 'libmodbus'
  | 'systemd-notify'
  | 'python3'
  | 'xmllint'

const PACKAGES: Readonly<Partial<Record<ServerName, string>>> = {
  mosquitto_pub: 'mosquitto-clients',
  influxd: 'influxdb',
  pymodbus: 'python3-pymodbus',
  'systemd-notify': 'systemd',
  xmllint: 'libxml2-utils',
  libmodbus: 'gcc libc6-dev libmodbus-dev',
}

export function hasServer(name: ServerName): boolean {
  if (name === 'pymodbus') return hasPymodbus()
  if (name === 'libmodbus') return findProgram('gcc') !== undefined && existsSync('/usr/include/modbus/modbus.h')
  return findProgram(name) !== undefined
}

function hasPymodbus(): boolean {
  try {
    execFileSync('/usr/bin/python3', ['-c', 'import pymodbus, serial'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/**
 * `describe` for tests that need real servers: `describeReal('mosquitto')('the MQTT sink', () => { … })`.
 * Where one is missing the group is skipped and says so; with OUTPOST_REQUIRE_SERVERS set it fails instead.
 */
export function describeReal(...servers: readonly ServerName[]): (title: string, body: () => void) => void {
  const missing = servers.filter((name) => !hasServer(name))
  const packages = missing.map(packageOf).join(' ')
  return describeWith(
    missing.length === 0 ? null : `${missing.join(' and ')} not installed (Debian: apt-get install ${packages})`,
  )
}

function packageOf(name: ServerName): string {
  return PACKAGES[name] ?? name
}

/** InfluxDB 1.x. With `user` and `password`, authentication is on and that user is its administrator. */
export async function startInfluxd(options: { user?: string; password?: string } = {}): Promise<RealServer> {
  const { user, password = '' } = options
  const server = await startServer({
    name: 'influxd',
    scheme: 'http',
    prepare(folder, port) {
      const config = join(folder, 'influxdb.conf')
      writeFileSync(config, influxdConfig({ folder, port, authentication: user !== undefined }))
      return ['-config', config]
    },
    ready: (port) => answersHttp(`http://127.0.0.1:${port}/ping`),
  })
  if (user !== undefined) {
    const quoted = `'${password.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
    await queryInfluxd(server, { query: `CREATE USER "${user}" WITH PASSWORD ${quoted} WITH ALL PRIVILEGES` })
  }
  return server
}

function influxdConfig(options: { folder: string; port: number; authentication: boolean }): string {
  return `
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "${options.folder}/meta"
  logging-enabled = false
[data]
  dir = "${options.folder}/data"
  wal-dir = "${options.folder}/wal"
  index-version = "inmem"
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[http]
  enabled = true
  bind-address = "127.0.0.1:${options.port}"
  auth-enabled = ${options.authentication}
  log-enabled = false
[ifql]
  enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "warn"
`
}

export interface InfluxSeries {
  readonly name: string
  readonly tags?: Readonly<Record<string, string>>
  readonly columns: readonly string[]
  readonly values: readonly (readonly (string | number | boolean | null)[])[]
}

/** Runs one InfluxQL statement (`epoch`: unit of the returned times) and returns its series. */
export async function queryInfluxd(
  server: RealServer,
  request: { query: string; database?: string; epoch?: 'ns' | 'u' | 'ms'; user?: string; password?: string },
): Promise<readonly InfluxSeries[]> {
  const url = new URL(`${server.url}/query`)
  url.searchParams.set('epoch', request.epoch ?? 'ms')
  if (request.database !== undefined) url.searchParams.set('db', request.database)
  // influxd looks for the account in the URL, not in a form.
  if (request.user !== undefined) url.searchParams.set('u', request.user)
  if (request.password !== undefined) url.searchParams.set('p', request.password)
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams({ q: request.query }) })
  const answer = (await response.json()) as {
    error?: string
    results?: { error?: string; series?: InfluxSeries[] }[]
  }
  const error = answer.error ?? answer.results?.[0]?.error
  if (error !== undefined) throw new Error(`influxd refused ${JSON.stringify(request.query)}: ${error}`)
  return answer.results?.[0]?.series ?? []
}

/** VictoriaMetrics: takes the InfluxDB v2 write API at /api/v2/write and gives everything back at /api/v1/export. */
export function startVictoriaMetrics(): Promise<RealServer> {
  return startServer({
    name: 'victoria-metrics',
    scheme: 'http',
    prepare: (folder, port) => [
      `-httpListenAddr=127.0.0.1:${port}`,
      `-storageDataPath=${join(folder, 'data')}`,
      '-retentionPeriod=100y',
      '-loggerLevel=WARN',
      '-memory.allowedBytes=128MB',
    ],
    ready: (port) => answersHttp(`http://127.0.0.1:${port}/health`),
  })
}

/**
 * mosquitto with persistent sessions. `users` (name to password) turns anonymous clients away;
 * `config` are further lines of mosquitto.conf, `files` what they may name, relative to the server's folder.
 */
export function startMosquitto(
  options: {
    users?: Readonly<Record<string, string>>
    config?: readonly string[]
    files?: Readonly<Record<string, string>>
  } = {},
): Promise<RealServer> {
  return startServer({
    name: 'mosquitto',
    scheme: 'mqtt',
    prepare(folder, port) {
      const config = join(folder, 'mosquitto.conf')
      const lines = [
        // Started by root it would change to the user "mosquitto", who cannot read our folder.
        ...(process.getuid?.() === 0 ? ['user root'] : []),
        `listener ${port} 127.0.0.1`,
        'persistence true',
        `persistence_location ${folder}/`,
        ...access(folder, options.users),
        ...(options.config ?? []),
      ]
      writeFileSync(config, `${lines.join('\n')}\n`)
      // mosquitto 2 wants its secrets to be nobody else's.
      for (const [name, text] of Object.entries(options.files ?? {})) {
        writeFileSync(join(folder, name), text, { mode: 0o600 })
      }
      return ['-c', config]
    },
    ready: acceptsTcp,
  })
}

function access(folder: string, users: Readonly<Record<string, string>> | undefined): readonly string[] {
  if (users === undefined) return ['allow_anonymous true']
  const file = join(folder, 'passwords')
  writeFileSync(file, '', { mode: 0o600 })
  const program = findProgram('mosquitto_passwd')
  if (program === undefined) throw new Error('mosquitto_passwd is not installed; it comes with the package mosquitto')
  for (const [name, password] of Object.entries(users)) {
    execFileSync(program, ['-b', file, name, password], { stdio: 'ignore' })
  }
  return ['allow_anonymous false', `password_file ${file}`]
}
