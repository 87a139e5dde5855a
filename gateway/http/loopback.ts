/** Which addresses and names stand for this very machine. */
import { isIPv4, isIPv6 } from 'node:net'

/** True for 127.0.0.0/8, ::1 and `localhost`, with or without brackets. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (isIPv4(name)) return name.startsWith('127.')
  if (isIPv6(name)) return name === '::1' || name === '0:0:0:0:0:0:0:1'
  return name === 'localhost'
}

/** The name of a Host header without its port, or null where it is not a host at all. */
export function hostName(header: string | undefined): string | null {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^\s:/@[\]]+)(:\d{1,5})?$/.exec(header ?? '')
  return match?.[1] ?? null
}
