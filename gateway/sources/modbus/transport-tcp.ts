/** A TCP connection to a Modbus TCP device or to a serial gateway. */
import { connect, type Socket } from 'node:net'
import type { Connection, OpenOptions, TcpEndpoint } from './transport.ts'

const KEEP_ALIVE_MS = 10_000

const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; check the port and that the device is on',
  ENOTFOUND: 'the host name is unknown; check its spelling and the DNS',
  EAI_AGAIN: 'the DNS does not answer',
  EHOSTUNREACH: 'no way leads there; check the address and the network',
  ENETUNREACH: 'no way leads there; check the address and the network',
  ETIMEDOUT: 'no answer; check the address and that the device is on',
  ECONNRESET: 'the other side closed it; the device may allow no further connection',
}

export async function openTcp({ host, port }: TcpEndpoint, options: OpenOptions): Promise<Connection> {
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })
  try {
    await connected(socket, options)
  } catch (error) {
    // Without a listener a second error of the dying socket would end the process.
    socket.on('error', () => {}).destroy()
    throw new Error(`cannot connect to ${host}:${port}: ${explain(error)}`, { cause: error })
  }
  let cause: string | null = null
  const closed = new Promise<string>((resolve) => {
    socket.on('error', (error) => {
      cause ??= explain(error)
    })
    // A half-closed peer will never answer: close our side too instead of waiting for time-outs.
    socket.on('end', () => {
      cause ??= 'the other side closed the connection'
      socket.destroy()
    })
    socket.once('close', () => resolve(cause ?? 'the connection was closed'))
  })
  socket.on('data', options.onData)
  return { write: (bytes) => void socket.write(bytes), close: () => void socket.destroy(), closed }
}

function connected(socket: Socket, { clock, timeoutMs, signal }: OpenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = new AbortController()
    const finish = (settle: () => void) => () => {
      done.abort()
      settle()
    }
    socket.once('connect', finish(resolve))
    socket.once('error', (error) => finish(() => reject(error))())
    // The operating system alone would try for minutes to reach a black-holed address.
    clock.sleep(timeoutMs, AbortSignal.any([signal, done.signal])).then(
      finish(() => reject(new Error(`no answer within ${timeoutMs} ms`))),
      finish(() => reject(new Error('stopped'))),
    )
  })
}

function explain(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  const advice = ADVICE[code]
  return advice === undefined ? message : `${advice} (${code})`
}
