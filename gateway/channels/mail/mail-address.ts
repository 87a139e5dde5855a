/** Addresses of e-mail, of the plain sort that every server takes. Pure. */
import { domainToASCII } from 'node:url'

/** As it is sent, with the domain in ASCII; null where it is no address, or one that only few servers take. */
export function mailAddress(text: string): string | null {
  const match = /^([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64})@([^@\s<>[\]]{1,253})$/.exec(text)
  if (match === null) return null
  const domain = domainToASCII(match[2] ?? '')
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(domain) ? `${match[1]}@${domain}` : null
}
