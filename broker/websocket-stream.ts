/** An MQTT connection over a WebSocket [MQTT 6]: packets may be cut and joined over binary frames in any way. */
import { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { Refusal } from './refusal.ts'

/** "Unsupported data" [RFC 6455 7.4.1]. */
const NO_TEXT = 1003

export class WebSocketStream extends Duplex {
  readonly #socket: WebSocket

  constructor(socket: WebSocket) {
    super({ allowHalfOpen: false, emitClose: true })
    this.#socket = socket
    socket.on('message', (data: RawData, isBinary: boolean) => this.#receive(data as Buffer, isBinary))
    socket.once('close', () => {
      this.push(null)
      this.destroy()
    })
    // For good: a second one that nobody listens for would end the process.
    socket.on('error', (error) => this.destroy(error))
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (!isBinary) {
      this.#socket.close(NO_TEXT, 'binary frames only')
      this.destroy(new Refusal('malformed-packet', 'a text frame came; MQTT goes in binary frames [MQTT-6.0.0-1]'))
    } else if (!this.push(data)) this.#socket.pause()
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.send(chunk, { binary: true }, done)
  }

  /** One frame for all that was gathered. */
  override _writev(chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.concat(chunks.map(({ chunk }) => chunk)), { binary: true }, done)
  }

  override _final(done: () => void): void {
    this.#socket.close()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // Not `close`, which waits up to 30 s for the other side.
    this.#socket.terminate()
    done(error)
  }
}
