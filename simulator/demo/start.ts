/**
 * `npm start`: the demo station on one terminal. Starts a dispatch receiver, the gateway and the simulated field as
 * processes of their own, which meet over real sockets only, and ends them together.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { GATEWAY_COMMAND } from '../gateway-command.ts'
import { announcement } from './announcement.ts'
import { readableLogLine } from './gateway-output.ts'
import { PartProcess } from './part-process.ts'
import { type DemoSettings, portVariables, readSettings, takenPorts } from './settings.ts'
import { readTimetable } from './timetable.ts'

const HERE = import.meta.dirname
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const READY_WITHIN_MS = 30_000
/** All together below five seconds. */
const STOP_MS = { field: 1000, gateway: 3000, dispatch: 500 }

async function main(): Promise<number> {
  const settings = readSettings(process.env)
  if ('problems' in settings) return refuse(settings.problems)
  const taken = await takenPorts(settings)
  if (taken.length > 0) return refuse(taken)
  const timetable = readTimetable(readFileSync(join(HERE, 'scenario.yaml'), 'utf8'))
  print(announcement(timetable, settings))
  return run(settings)
}

function refuse(problems: readonly string[]): number {
  process.stderr.write(`${problems.join('\n')}\n`)
  return 1
}

async function run(settings: DemoSettings): Promise<number> {
  // A story that goes on from the last one's alarms is hard to follow. The port is ours, so the folder is.
  rmSync(join(ROOT, 'data/demo', String(settings.ports.http)), { recursive: true, force: true })
  const stopping = new AbortController()
  const parts = createParts(settings, stopping.signal)
  process.once('exit', () => killAll(parts))
  const played = play(parts, { settings, signal: stopping.signal }).catch(String)
  const failure = await Promise.race([stopRequested(), played])
  stopping.abort()
  print(failure === null ? '\n正在停止 stopping …' : `\n${failure}\n正在停止其余部分 stopping the rest …`)
  // Asked a second time: at once.
  void stopRequested().then(() => killAll(parts))
  // The field first, then the gateway, so that what it still has to say finds the receiver.
  await parts.field.stop(STOP_MS.field)
  await parts.gateway.stop(STOP_MS.gateway)
  await parts.dispatch.stop(STOP_MS.dispatch)
  print('已停止 stopped')
  return failure === null ? 0 : 1
}

type Parts = ReturnType<typeof createParts>

function killAll(parts: Parts): void {
  for (const part of Object.values(parts)) part.kill()
}

/** Runs until a part ends by itself; resolves with why. */
async function play(
  { dispatch, gateway, field }: Parts,
  { settings, signal }: { readonly settings: DemoSettings; readonly signal: AbortSignal },
): Promise<string> {
  dispatch.start()
  gateway.start()
  // At once, so that the gateway finds its sensors; the story waits until they have found the gateway.
  field.start()
  const ended = Promise.race([dispatch.ended(), gateway.ended(), field.ended()])
  const url = `http://127.0.0.1:${settings.ports.http}`
  const failure = await Promise.race([ended, answers(`${url}/api/health`, signal)])
  if (failure !== null) return failure
  signal.throwIfAborted()
  print(`\n  控制台已就绪  The console is ready: ${url}\n`)
  return ended
}

function createParts(settings: DemoSettings, stopping: AbortSignal) {
  // While they are stopped one after the other, they complain of each other.
  const say = (line: string) => stopping.aborted || print(line)
  const variables = portVariables(settings)
  const colour = process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {}
  // New at every start, handed over by environment alone and known to nobody else.
  const mqtt = { OUTPOST_MQTT_PASSWORD: randomBytes(24).toString('base64url') }
  const webhook = { OUTPOST_WEBHOOK_SECRET: randomBytes(24).toString('base64url') }
  const field = new PartProcess({
    name: '现场 field   ',
    command: [
      ...[join(ROOT, 'simulator/main.ts'), 'run', join(HERE, 'scenario.yaml')],
      ...['--speed', String(settings.speed), '--wait', String(READY_WITHIN_MS / 1000)],
    ],
    environment: { ...variables, ...mqtt },
    print: say,
    // Its list of units and topics is indented, and more than a visitor wants.
    show: (line) => (line.startsWith(' ') ? null : line),
  })
  const gateway = new PartProcess({
    name: '网关 gateway ',
    command: [...GATEWAY_COMMAND, 'run', join(HERE, 'outpost.yaml')],
    environment: { ...variables, ...mqtt, ...webhook },
    print: say,
    show: (line) => readableLogLine(line, 40),
  })
  const dispatch = new PartProcess({
    name: '派发 dispatch',
    command: [join(ROOT, 'simulator/dispatch-receiver.ts')],
    environment: { ...variables, ...webhook, ...colour },
    print: say,
  })
  return { field, gateway, dispatch }
}

/** Null as soon as the gateway answers, else why nothing more is expected of it. */
async function answers(url: string, signal: AbortSignal): Promise<string | null> {
  const deadline = performance.now() + READY_WITHIN_MS
  while (performance.now() < deadline) {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(1000)]) }).catch(() => null)
    await answer?.body?.cancel()
    if (answer?.ok) return null
    await delay(100, undefined, { signal })
  }
  return `网关没有应答 the gateway did not answer within ${READY_WITHIN_MS / 1000} s: ${url}`
}

/** A closed terminal (SIGHUP) and a closed pipe end the demo too; its parts would otherwise live on unseen. */
function stopRequested(): Promise<null> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(null))
    process.stdout.on('error', () => resolve(null))
  })
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

process.exitCode = await main()
