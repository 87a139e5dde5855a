import type { Socket } from 'node:net'

const STATUS: Readonly<Record<string, { readonly line: string; readonly code: string }>> = {
  HPE_HEADER_OVERFLOW: { line: '431 Request Header Fields Too Large', code: 'headers-too-large' },
  ERR_HTTP_REQUEST_TIMEOUT: { line: '408 Request Timeout', code: 'request-timeout' },
}

/** Answers what is not HTTP, or did not come in time, before any route could see it. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const { line, code } = STATUS[error.code ?? ''] ?? { line: '400 Bad Request', code: 'malformed-request' }
  const body = JSON.stringify({ error: { code, message: `the request was refused: ${line.slice(4)}` } })
  const head = [
    `HTTP/1.1 ${line}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
}
