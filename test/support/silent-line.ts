/** A line to a server that can fall silent without being closed, as when a cable is pulled. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface SilentLine {
  readonly url: string
  /** Bytes stop in both directions; new connections are taken and get no answer. */
  fallSilent(): void
  /** New connections work again; old ones stay silent. */
  speak(): void
  stop(): Promise<void>
}

export async function startSilentLine(port: number): Promise<SilentLine> {
  const sockets = new Set<Socket>()
  let silent = false
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    if (silent) return
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fallSilent() {
      silent = true
      for (const socket of sockets) socket.unpipe().pause()
    },
    speak() {
      silent = false
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
