/** Values of command line options. Each throws a UsageError that names the option. */
import { parseDuration } from '../../device-profiles/duration.ts'
import type { SerialSettings, TransportOptions } from '../sources/modbus/transport.ts'
import { UsageError } from './usage-error.ts'

export const LINE_FORMS = 'tcp://host:port, rtu-over-tcp://host:port or /dev/ttyUSB0?baud=9600'

const DEFAULT_PORT = 502
const PARITIES: readonly string[] = ['none', 'even', 'odd']
const SERIAL_KEYS = ['baud', 'parity', 'data-bits', 'stop-bits', 'rts']

export function parseLine(text: string): TransportOptions {
  const scheme = /^(tcp|rtu-over-tcp):\/\//.exec(text)?.[1]
  if (scheme !== undefined) {
    const type = scheme === 'tcp' ? 'modbus-tcp' : 'modbus-rtu-over-tcp'
    return { type, ...parseEndpoint(text, text.slice(scheme.length + 3)) }
  }
  if (/^(\/|COM\d+)/i.test(text)) return { type: 'modbus-rtu', ...parseSerial(text) }
  throw new UsageError(`--line: expected ${LINE_FORMS}, got "${text}"`)
}

function parseEndpoint(text: string, authority: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:/?#@\s[\]]+))(?::([0-9]{1,5}))?\/?$/i.exec(authority)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3] ?? DEFAULT_PORT)
  if (host === undefined || port < 1 || port > 65_535) {
    throw new UsageError(`--line: expected a host and a port from 1 to 65535 as in tcp://192.0.2.10:502, got "${text}"`)
  }
  return { host, port }
}

function parseSerial(text: string): SerialSettings {
  const [path = '', query = ''] = text.split('?')
  const settings = new URLSearchParams(query)
  for (const key of settings.keys()) {
    if (SERIAL_KEYS.includes(key)) continue
    throw new UsageError(`--line: expected ${SERIAL_KEYS.join(', ')} after the "?", got "${key}" in "${text}"`)
  }
  const oneOf = (key: string, [allowed, standard]: readonly [readonly string[], string]): string => {
    const value = settings.get(key) ?? standard
    if (allowed.includes(value)) return value
    throw new UsageError(`--line: expected ${key} to be one of ${allowed.join(', ')}, got "${value}" in "${text}"`)
  }
  const baud = settings.get('baud')
  if (baud === null || !/^[1-9][0-9]{1,6}$/.test(baud)) {
    const got = baud === null ? 'none' : `"${baud}"`
    throw new UsageError(`--line: a serial port needs its baud rate as in ${path}?baud=9600, got ${got}`)
  }
  const rts = oneOf('rts', [['none', 'high', 'low'], 'none']) as 'none' | 'high' | 'low'
  return {
    path,
    ...(rts !== 'none' && { rts: { whileSending: rts, beforeSendMs: 0, afterSendMs: 0 } }),
    baudRate: Number(baud),
    parity: oneOf('parity', [PARITIES, 'none']) as SerialSettings['parity'],
    dataBits: Number(oneOf('data-bits', [['7', '8'], '8'])) as SerialSettings['dataBits'],
    stopBits: Number(oneOf('stop-bits', [['1', '2'], '1'])) as SerialSettings['stopBits'],
  }
}

export function parseUnitId(
  option: string,
  { text, first, last }: { readonly text: string; readonly first: number; readonly last: number },
): number {
  const unitId = /^[0-9]{1,3}$/.test(text) ? Number(text) : Number.NaN
  if (unitId >= first && unitId <= last) return unitId
  throw new UsageError(`${option}: expected a unit id from ${first} to ${last} on such a line, got "${text}"`)
}

const LONGEST_MS = 60_000

export function parseTimeout(text: string): number {
  let ms: number
  try {
    ms = parseDuration(text)
  } catch (error) {
    throw new UsageError(`--timeout: ${(error as Error).message}`)
  }
  if (ms < 1 || ms > LONGEST_MS) throw new UsageError(`--timeout: expected 1ms to 1m, got "${text}"`)
  return ms
}

/** `name=value` pairs. */
export function parseParameters(pairs: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    pairs.map((pair): [string, number] => {
      const [name = '', value = '', ...more] = pair.split('=')
      const number = value.trim() === '' ? Number.NaN : Number(value)
      if (name !== '' && more.length === 0 && Number.isFinite(number)) return [name, number]
      throw new UsageError(`--parameter: expected name=number as in installation-height=2.5, got "${pair}"`)
    }),
  )
}
