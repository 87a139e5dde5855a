/** Which addresses and names stand for this very machine. */
import { BlockList, isIPv4, isIPv6 } from 'node:net'

const addresses = new BlockList()
addresses.addSubnet('127.0.0.0', 8)
addresses.addAddress('::1', 'ipv6')

/** True for `localhost`, 127.0.0.0/8, also as mapped into IPv6 (::ffff:127.0.0.1), and ::1, with or without brackets. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (isIPv4(name)) return addresses.check(name)
  return name === 'localhost' || (isIPv6(name) && addresses.check(name, 'ipv6'))
}

/** The name of a Host header without its port, or null where it is not a host at all. */
export function hostName(header: string | undefined): string | null {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^\s:/@[\]]+)(:\d{1,5})?$/.exec(header ?? '')
  return match?.[1] ?? null
}
