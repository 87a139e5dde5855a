import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Unzipped where it came compressed. */
  readonly body: string
}

export type Answer = (request: ReceivedRequest, response: ServerResponse) => void

/** A real HTTP server on loopback that does what the test says. */
export interface HttpReceiver {
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  /** TCP connections accepted so far. */
  readonly connections: number
  /** What the next requests get, until it is changed. */
  answer: Answer
  /** Resolves with the request number `count` (from 1), when its body has come. */
  received(count: number): Promise<ReceivedRequest>
  close(): Promise<void>
}

export function status(code: number, headers: Record<string, string> = {}, body = ''): Answer {
  return (_, response) => {
    response.writeHead(code, headers).end(body)
  }
}

/** `port`: to come back where an earlier receiver was. */
export async function startReceiver(answer: Answer = status(204), port = 0): Promise<HttpReceiver> {
  const requests: ReceivedRequest[] = []
  const waiting = new Map<number, (request: ReceivedRequest) => void>()
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((message, response) => {
    void receive(message).then((request) => {
      requests.push(request)
      waiting.get(requests.length)?.(request)
      receiver.answer(request, response)
    })
  })
  server.on('connection', (socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const receiver: HttpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get connections() {
      return connections
    },
    answer,
    received(count) {
      const request = requests[count - 1]
      if (request !== undefined) return Promise.resolve(request)
      return new Promise((resolve) => waiting.set(count, resolve))
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return receiver
}

async function receive(message: IncomingMessage): Promise<ReceivedRequest> {
  const { method = '', url = '', headers } = message
  if (headers['content-encoding'] !== 'gzip') return { method, path: url, headers, body: await text(message) }
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return { method, path: url, headers, body: gunzipSync(Buffer.concat(chunks)).toString('utf8') }
}
