/** Node-RED with its InfluxDB nodes, from the registry into a folder of its own, which goes with it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../support/server-process.ts'

const PACKAGES = ['node-red@5', 'node-red-contrib-influxdb@0.7']
const INSTALL_WITHIN_MS = 240_000
const READY_WITHIN_MS = 60_000

export interface NodeRedInstall {
  readonly folder: string
  readonly version: string
  remove(): void
}

/** Rejects where the registry does not give it. */
export async function installNodeRed(): Promise<NodeRedInstall> {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-node-red-'))
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  process.once('exit', remove)
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'scratch', private: true }))
    const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts', ...PACKAGES]
    // It needs a newer Node than the machine may have: the one that runs this goes first.
    const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`
    await promisify(execFile)('npm', args, {
      ...{ cwd: folder, timeout: INSTALL_WITHIN_MS, env: { ...process.env, PATH } },
    })
    const manifest = await import(join(folder, 'node_modules/node-red/package.json'), { with: { type: 'json' } })
    return { folder, version: String(manifest.default.version), remove }
  } catch (error) {
    remove()
    throw error
  }
}

export interface NodeRed {
  /** The end of what it said. */
  output(): string
  stop(): Promise<void>
}

/** `flow`: as Node-RED keeps it in its file. Resolves when it runs and is connected to its broker. */
export async function startNodeRed({ folder }: NodeRedInstall, flow: readonly object[]): Promise<NodeRed> {
  writeFileSync(join(folder, 'flows.json'), JSON.stringify(flow))
  writeFileSync(join(folder, 'settings.js'), settingsText(await freePort()))
  const main = join(folder, 'node_modules/node-red/red.js')
  const child = spawn(process.execPath, [main, '-u', folder, '-s', join(folder, 'settings.js')], {
    ...{ cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  })
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const exited = once(child, 'exit').finally(() => process.off('exit', killWithUs))
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  const heard = hear(child)
  try {
    await connected(heard, exited)
  } catch (error) {
    await stop()
    throw error
  }
  return { output: heard.output, stop }
}

function settingsText(port: number): string {
  return `module.exports = ${JSON.stringify({
    ...{ flowFile: 'flows.json', uiPort: port, uiHost: '127.0.0.1', httpAdminRoot: false, httpNodeRoot: false },
    ...{ credentialSecret: false, telemetry: { enabled: false, updateNotification: false } },
    logging: { console: { level: 'info', metrics: false, audit: false } },
  })}`
}

interface Heard {
  output(): string
  readonly connected: Promise<void>
}

function hear(child: ChildProcess): Heard {
  const { promise, resolve } = Promise.withResolvers<void>()
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes) => {
      output = (output + String(bytes)).slice(-8192)
      if (output.includes('Connected to broker')) resolve()
    })
  }
  return { output: () => output, connected: promise }
}

async function connected(heard: Heard, exited: Promise<unknown>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<void>()
  const fail = (why: string) => () => reject(new Error(`Node-RED ${why}:\n${heard.output()}`))
  const late = setTimeout(fail('does not connect to its broker'), READY_WITHIN_MS)
  void exited.then(fail('ended'))
  await Promise.race([heard.connected, promise]).finally(() => clearTimeout(late))
}
