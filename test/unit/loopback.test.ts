/** The configuration, the HTTP server and the broker may not import one another, and must mean the same by loopback. */
import { describe, expect, test } from 'vitest'
import * as broker from '../../broker/access.ts'
import * as config from '../../gateway/config/loopback.ts'
import * as http from '../../gateway/http/loopback.ts'

describe.each([
  ['the configuration', config.isLoopback],
  ['the HTTP server', http.isLoopback],
  ['the broker', broker.isLoopback],
])('for %s', (_room, isLoopback) => {
  test.each([
    ['localhost', true],
    ['LocalHost', true],
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['[::1]', true],
    ['0:0:0:0:0:0:0:1', true],
    ['::ffff:127.0.0.1', true],
    ['::FFFF:127.1.2.3', true],
    ['[::ffff:127.0.0.1]', true],
    ['::ffff:7f00:1', true],
    ['', false],
    ['0.0.0.0', false],
    ['::', false],
    ['::2', false],
    ['128.0.0.1', false],
    ['::ffff:128.0.0.1', false],
    ['127.0.0.999', false],
    ['127.0.0.1.example', false],
    ['localhost.example', false],
  ])('"%s" is loopback: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })
})

test.each([
  ['localhost', 'localhost'],
  ['127.0.0.1', 'localhost'],
  ['[::1]', 'localhost'],
  ['::ffff:127.0.0.1', 'localhost'],
  ['127.0.0.2', '127.0.0.2'],
  ['Line-7.Example', 'line-7.example'],
])('%s is the machine %s', (host, machine) => {
  expect(config.machineOf(host)).toBe(machine)
})
