/** Which names and addresses only this very machine reaches. */
import { BlockList, isIPv4, isIPv6 } from 'node:net'

const addresses = new BlockList()
addresses.addSubnet('127.0.0.0', 8)
addresses.addAddress('::1', 'ipv6')

/** True for `localhost`, 127.0.0.0/8, also as mapped into IPv6 (::ffff:127.0.0.1), and ::1, with or without brackets. */
export function isLoopback(host: string): boolean {
  const name = bareHost(host)
  if (isIPv4(name)) return addresses.check(name)
  return name === 'localhost' || (isIPv6(name) && addresses.check(name, 'ipv6'))
}

/** In lower case and without the brackets that an IPv6 address has in a URL, but not where one listens or connects. */
export function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
}

/** The same for all ways to write the address that `localhost` stands for. */
export function machineOf(host: string): string {
  const name = bareHost(host)
  const isLocalhost = /^(::ffff:)?127\.0\.0\.1$/.test(name) || (isIPv6(name) && isLoopback(name))
  return isLocalhost ? 'localhost' : name
}
