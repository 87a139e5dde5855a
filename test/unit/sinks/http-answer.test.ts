import { describe, expect, test } from 'vitest'
import {
  checkUrl,
  excerpt,
  failureOfStatus,
  networkReason,
  originOf,
  parseRetryAfter,
} from '../../../gateway/sinks/http-answer.ts'

describe('the meaning of a status', () => {
  test.each([
    ['busy', [429, 503]],
    ['unreachable', [200, 202, 408, 409, 425, 500, 501, 502, 504, 507, 599]],
    ['refused', [301, 302, 307, 308, 401, 402, 403, 404, 405, 407, 410]],
    ['unacceptable', [400, 406, 411, 413, 415, 418, 422]],
  ] as const)('%s', (failure, statuses) => {
    for (const status of statuses) expect(failureOfStatus(status), String(status)).toBe(failure)
  })
})

describe('Retry-After', () => {
  const wall = Date.UTC(2026, 8, 1, 8, 0, 0)

  test('in seconds', () => {
    expect(parseRetryAfter('120', wall)).toBe(120_000)
    expect(parseRetryAfter(' 0 ', wall)).toBe(0)
  })

  test('as an HTTP date, in each of its three forms', () => {
    expect(parseRetryAfter('Tue, 01 Sep 2026 08:01:30 GMT', wall)).toBe(90_000)
    expect(parseRetryAfter('Tuesday, 01-Sep-26 08:01:30 GMT', wall)).toBe(90_000)
    expect(parseRetryAfter('Tue, 01 Sep 2026 07:00:00 GMT', wall)).toBe(0)
  })

  test.each([null, undefined, '', 'soon', '-5', '1.5', '2026-09-01', '99999999999', '0x10'])(
    'nothing from %j',
    (header) => {
      expect(parseRetryAfter(header, wall)).toBeNull()
    },
  )
})

describe('what a message may show', () => {
  test('one line, cut, without secrets', () => {
    expect(excerpt('a\r\n  b\tc\u0000d')).toBe('a b c d')
    expect(excerpt('x'.repeat(1000))).toHaveLength(301)
    expect(excerpt('token s3cret is wrong: s3cret', ['s3cret', undefined, ''])).toBe('token *** is wrong: ***')
  })

  test('of a URL, neither path nor query', () => {
    expect(originOf('https://example.org:8443/hook/KEY?token=KEY')).toBe('https://example.org:8443')
  })

  test('a URL with an account or of another kind is refused without showing it', () => {
    expect(() => checkUrl('http://u:hidden@h/', 'sink x')).toThrow(/^sink x: .*keys of their own$/)
    expect(() => checkUrl('ftp://h/', 'sink x')).toThrow(/expected http/)
  })

  test('the reason at the bottom of a chain of causes', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { code: 'ECONNREFUSED' })
    expect(networkReason(new TypeError('fetch failed', { cause: refused }))).toBe('connection refused (ECONNREFUSED)')
    const expired = Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' })
    expect(networkReason(expired)).toBe('certificate has expired (CERT_HAS_EXPIRED)')
    expect(networkReason('just text')).toBe('just text')
  })
})
