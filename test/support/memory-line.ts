/** A line without sockets: its end is served in memory, so that a fake clock rules everything that happens on it. */
import { type Duplex, duplexPair } from 'node:stream'
import type { Connection, OpenTransport } from '../../gateway/sources/modbus/transport.ts'

export interface MemoryLine {
  readonly open: OpenTransport
  /** Connections opened so far. */
  readonly opened: number
  /** Open at this moment, and the most that ever were. */
  readonly present: number
  readonly most: number
}

/** `serve` gets the far end of each connection, as a slave does; it may throw to refuse one. */
export function createMemoryLine(serve: (stream: Duplex) => void): MemoryLine {
  const count = { opened: 0, present: 0, most: 0 }
  const open: OpenTransport = (_, { onData }) => {
    const [near, far] = duplexPair()
    serve(far)
    count.opened++
    count.present++
    count.most = Math.max(count.most, count.present)
    near.on('data', onData)
    const closed = Promise.withResolvers<string>()
    const close = (cause: string) => {
      if (near.destroyed) return
      count.present--
      near.destroy()
      far.destroy()
      closed.resolve(cause)
    }
    far.on('close', () => close('the other side closed the connection'))
    const connection: Connection = {
      write: (bytes) => void near.write(bytes),
      close: () => close('closed'),
      closed: closed.promise,
    }
    return Promise.resolve(connection)
  }
  return {
    open,
    get opened() {
      return count.opened
    },
    get present() {
      return count.present
    },
    get most() {
      return count.most
    },
  }
}
