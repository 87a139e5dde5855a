/** What no schema can say about the embedded broker. */
import { suggestion } from '../../device-profiles/suggestion.ts'
import { devicesOf, listenerSections } from './broker-config.ts'
import type { BrokerSection, BrokerUserSection } from './broker-schema.ts'
import { type CertificateReports, checkCertificates } from './certificate-checks.ts'
import { isLoopback } from './loopback.ts'
import type { ConfigPath, Report } from './report.ts'
import type { ConfigFile } from './schema.ts'

/** `file`: what else stands there; for a broker alone, nothing. */
export function checkBroker(file: Pick<ConfigFile, 'broker'> & Partial<ConfigFile>, report: Report): void {
  const { broker, devices = [] } = file
  if (broker === undefined) return
  checkWays(broker, report)
  checkLoopback(broker, report)
  if (broker.authentication.type !== 'users') return
  const { users } = broker.authentication
  checkNames(users, report)
  const known = devices.filter((device) => device.broker === 'embedded').map(({ id }) => id)
  for (const [index, user] of users.entries()) {
    const path: ConfigPath = ['broker', 'authentication', 'users', index]
    checkIdentity(user, { broker, path, report })
    checkRights(user, { known, path, report })
  }
}

export function checkBrokerCertificates({ broker }: Pick<ConfigFile, 'broker'>, reports: CertificateReports): void {
  for (const [index, listener] of (broker?.listeners ?? []).entries()) {
    if ('certFile' in listener) checkCertificates(listener, { path: ['broker', 'listeners', index], ...reports })
  }
}

/** The place in the file where a listener's port or host stands. */
export function listenerPath(broker: BrokerSection, index: number): ConfigPath {
  return broker.listeners === undefined ? ['broker'] : ['broker', 'listeners', index]
}

function checkWays(broker: BrokerSection, report: Report): void {
  if (broker.listeners === undefined) return
  for (const key of ['host', 'port'] as const) {
    if (broker[key] === undefined) continue
    report(['broker', key], `expected either "${key}" for one TCP listener or "listeners", got both`)
  }
}

function checkLoopback(broker: BrokerSection, report: Report): void {
  if (broker.authentication.type !== 'anonymous-on-loopback') return
  for (const [index, { host = '127.0.0.1' }] of listenerSections(broker).entries()) {
    if (isLoopback(host)) continue
    report(
      [...listenerPath(broker, index), 'host'],
      `expected a loopback address, because broker.authentication is anonymous-on-loopback; got "${host}". ` +
        'Use 127.0.0.1, or authentication of the type users',
    )
  }
}

function checkNames(users: readonly BrokerUserSection[], report: Report): void {
  const [names, owners] = [new Set<string>(), new Map<string, string>()]
  for (const [index, { name, certificate }] of users.entries()) {
    const path = ['broker', 'authentication', 'users', index]
    if (names.has(name)) report([...path, 'name'], `expected a name of its own, got "${name}" twice`)
    names.add(name)
    if (certificate === undefined) continue
    const owner = owners.get(certificate)
    if (owner === undefined) owners.set(certificate, name)
    else
      report([...path, 'certificate'], `expected a certificate of its own, got "${certificate}", which "${owner}" has`)
  }
}

function checkIdentity(
  user: BrokerUserSection,
  { broker, path, report }: { readonly broker: BrokerSection; readonly path: ConfigPath; readonly report: Report },
): void {
  const given = (['password', 'passwordHash', 'certificate'] as const).filter((key) => user[key] !== undefined)
  if (given.length !== 1) {
    const got = given.length === 0 ? 'none of them' : given.join(' and ')
    report(path, `expected exactly one of password, passwordHash and certificate, got ${got}`)
  }
  const asks = listenerSections(broker).some((listener) => 'certFile' in listener && listener.clientCertificates)
  if (user.certificate !== undefined && !asks) {
    report(
      [...path, 'certificate'],
      `expected a listener with clientCertificates, where "${user.name}" could show its certificate, got none`,
    )
  }
}

function checkRights(
  user: BrokerUserSection,
  { known, path, report }: { readonly known: readonly string[]; readonly path: ConfigPath; readonly report: Report },
): void {
  if (user.rights === undefined) report(path, missingRights(user, known))
  for (const [index, id] of devicesOf(user).entries()) {
    if (known.includes(id)) continue
    const there = known.length === 0 ? '; there are none' : suggestion(id, known) || `; there are: ${known.join(', ')}`
    report(
      [...path, 'rights', 'devices', index],
      `expected the id of a device at the embedded broker, got "${id}"${there}`,
    )
  }
  if (user.rights?.type !== 'topics') return
  for (const key of ['publish', 'subscribe'] as const) {
    for (const [index, filter] of (user.rights[key] ?? []).entries()) {
      const problem = filterProblem(filter)
      if (problem !== null) report([...path, 'rights', key, index], `${problem}, got "${filter}"`)
    }
  }
}

/** Nothing is allowed that is not said: a forgotten line must not let a sensor speak for all others. */
function missingRights({ name }: BrokerUserSection, known: readonly string[]): string {
  const device = known.includes(name) ? name : known[0]
  const example =
    device === undefined ? '{ type: topics, publish: [site/#] }' : `{ type: devices, devices: [${device}] }`
  return `expected rights for "${name}", got none; say what it may do, as in ${example}, or { type: everything }`
}

function filterProblem(filter: string): string | null {
  const levels = filter.split('/')
  if (levels.slice(0, -1).some((level) => level.includes('#')) || /[^#]#|#./.test(levels.at(-1) ?? '')) {
    return 'expected "#" only as the last level of a filter'
  }
  if (levels.some((level) => level.includes('+') && level !== '+'))
    return 'expected every "+" alone between its slashes'
  const [, place] = /\{([^}]*)\}/.exec(filter.replaceAll(/\{username\}|\{clientId\}/g, '')) ?? []
  return place === undefined ? null : `unknown place {${place}}; there are {username} and {clientId}`
}
