/** The way of an HTTP connection to a WebSocket that carries MQTT [MQTT 6]. */
import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { WebSocketServer } from 'ws'
import type { WebSocketEndpoint } from './listener-options.ts'
import { WebSocketStream } from './websocket-stream.ts'

/** A frame may hold several packets. */
const FRAME_BYTES_BESIDE_PACKET = 64 * 1024

export interface UpgradeSurroundings {
  readonly maxPacketBytes: number
  readonly connectTimeoutMs: number
  readonly accept: (stream: WebSocketStream, socket: Socket) => void
  readonly refuse: (socket: Socket, problem: string) => void
}

/** `tls`: options of the server where it speaks wss. */
export function createWebSocketServer(
  { path, allowedOrigins }: WebSocketEndpoint,
  { tls, ...surroundings }: UpgradeSurroundings & { readonly tls: TlsOptions | null },
): Server | TlsServer {
  const { connectTimeoutMs: timeout, maxPacketBytes } = surroundings
  const options: ServerOptions = {
    ...{ headersTimeout: timeout, requestTimeout: timeout, connectionsCheckingInterval: Math.min(timeout, 1000) },
    ...{ maxHeaderSize: 8192, keepAliveTimeout: 1, keepAlive: true, noDelay: true },
  }
  const server = tls === null ? createServer(options) : createTlsServer({ ...options, ...tls })
  const sockets = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false },
    maxPayload: maxPacketBytes + FRAME_BYTES_BESIDE_PACKET,
    // [MQTT-6.0.0-4]
    handleProtocols: () => 'mqtt',
  })
  server.on('request', (request, response) => {
    const status = pathOf(request) === path ? 426 : 404
    response.writeHead(status, { connection: 'close', ...(status === 426 && { upgrade: 'websocket' }) }).end()
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => {})
    const refusal = upgradeRefusal(request, { path, allowedOrigins })
    if (refusal === null) {
      sockets.handleUpgrade(request, socket, head, (open) => surroundings.accept(new WebSocketStream(open), socket))
    } else {
      socket.end(`HTTP/1.1 ${refusal.status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
      surroundings.refuse(socket, refusal.problem)
    }
  })
  return server
}

function upgradeRefusal(
  request: IncomingMessage,
  { path, allowedOrigins }: { readonly path: string; readonly allowedOrigins: readonly string[] },
): { readonly status: string; readonly problem: string } | null {
  if (pathOf(request) !== path) return { status: '404 Not Found', problem: `the path is not ${path}` }
  // A page of any site can make a browser connect to this machine, and it brings along the browser's certificate.
  const { origin } = request.headers
  if (origin !== undefined && !allowedOrigins.includes(origin)) {
    return {
      status: '403 Forbidden',
      problem: `pages of ${origin} may not connect; add it to allowedOrigins if they may`,
    }
  }
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  if (!protocols.includes('mqtt')) {
    return { status: '400 Bad Request', problem: 'the client does not offer the protocol "mqtt" [MQTT-6.0.0-3]' }
  }
  return null
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? ''
}
