/** Many devices that are connected all the time, as processes of their own. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { FIELD_USER } from '../../support/gateway-process.ts'

export interface DeviceLoad {
  /** Every device publishes at its pace for so long; resolves when all acknowledgements are there, or will not come. */
  run(seconds: number): Promise<Spoken>
  stop(): Promise<void>
}

/** What became of the publishes of a while. */
export interface Spoken {
  readonly published: number
  readonly seconds: number
  /** How long the devices themselves stood still at a time: then it is not the broker that was slow. */
  readonly longestPauseMs: number
  /** From each publish to its PUBACK. */
  readonly latencies: readonly number[]
}

export interface DeviceLoadOptions {
  readonly port: number
  readonly devices: number
  readonly intervalSeconds: number
}

/** What a child is told first. */
export interface DeviceGroup extends DeviceLoadOptions {
  readonly firstDevice: number
  /** A loopback address of its own: one has some 28,000 ports. */
  readonly localAddress: string
  readonly username: string
  readonly password: string
}

const DEVICES_PER_CHILD = 5000

/** Resolves when all devices are connected. */
export async function startDeviceLoad({ port, devices, intervalSeconds }: DeviceLoadOptions): Promise<DeviceLoad> {
  const children: ChildProcess[] = []
  const stop = async (): Promise<void> => {
    for (const child of children) child.kill('SIGTERM')
    await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
  }
  try {
    for (let first = 0; first < devices; first += DEVICES_PER_CHILD) {
      const child = fork(new URL('./device-load-child.ts', import.meta.url))
      children.push(child)
      await answerOf<'connected'>(child, {
        ...{ port, intervalSeconds, firstDevice: first, devices: Math.min(DEVICES_PER_CHILD, devices - first) },
        ...{ localAddress: `127.0.0.${children.length + 1}`, username: FIELD_USER.name, password: FIELD_USER.password },
      } satisfies DeviceGroup)
    }
  } catch (error) {
    await stop()
    throw error
  }
  return {
    async run(seconds) {
      const groups = await Promise.all(children.map((child) => answerOf<Spoken>(child, { seconds })))
      return {
        published: groups.reduce((sum, { published }) => sum + published, 0),
        seconds: Math.max(...groups.map((group) => group.seconds)),
        longestPauseMs: Math.max(...groups.map(({ longestPauseMs }) => longestPauseMs)),
        latencies: groups.flatMap(({ latencies }) => latencies),
      }
    },
    stop,
  }
}

/** Rejects when the child ends instead. */
async function answerOf<T>(child: ChildProcess, message: object): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the devices ended (${code})`)))
  child.send(message)
  const [answer] = (await Promise.race([once(child, 'message'), ended])) as [T]
  return answer
}
