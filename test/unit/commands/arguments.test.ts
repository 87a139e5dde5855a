import { describe, expect, test } from 'vitest'
import { parseLine, parseParameters, parseTimeout, parseUnitId } from '../../../gateway/commands/arguments.ts'
import { UsageError } from '../../../gateway/commands/usage-error.ts'

describe('--line', () => {
  test.each([
    ['tcp://192.0.2.10:1502', { type: 'modbus-tcp', host: '192.0.2.10', port: 1502 }],
    ['tcp://gauge.local', { type: 'modbus-tcp', host: 'gauge.local', port: 502 }],
    ['rtu-over-tcp://[2001:db8::1]:4001', { type: 'modbus-rtu-over-tcp', host: '2001:db8::1', port: 4001 }],
    [
      '/dev/serial/by-id/usb-1?baud=9600',
      { ...{ type: 'modbus-rtu', path: '/dev/serial/by-id/usb-1', baudRate: 9600 }, ...serialDefaults() },
    ],
    [
      'COM3?baud=19200&parity=even&data-bits=7&stop-bits=2',
      { type: 'modbus-rtu', path: 'COM3', baudRate: 19_200, parity: 'even', dataBits: 7, stopBits: 2 },
    ],
    [
      '/dev/ttyS1?baud=9600&rts=low',
      {
        ...{ type: 'modbus-rtu', path: '/dev/ttyS1', baudRate: 9600, ...serialDefaults() },
        rts: { whileSending: 'low', beforeSendMs: 0, afterSendMs: 0 },
      },
    ],
  ])('%s', (text, transport) => {
    expect(parseLine(text)).toEqual(transport)
  })

  test.each([
    ['192.0.2.10:502', /--line: expected tcp:\/\//],
    ['http://192.0.2.10', /--line: expected tcp:\/\//],
    ['tcp://', /expected a host and a port/],
    ['tcp://host:0', /port from 1 to 65535.*"tcp:\/\/host:0"/],
    ['tcp://host:70000', /port from 1 to 65535/],
    ['tcp://user@host:502', /expected a host and a port/],
    ['/dev/ttyUSB0', /needs its baud rate as in \/dev\/ttyUSB0\?baud=9600, got none/],
    ['/dev/ttyUSB0?baud=fast', /got "fast"/],
    ['/dev/ttyUSB0?baud=9600&parity=odd-ish', /parity to be one of none, even, odd, got "odd-ish"/],
    ['/dev/ttyUSB0?baudrate=9600', /expected baud, parity, data-bits, stop-bits, rts after the "\?", got "baudrate"/],
  ])('%s is refused', (text, message) => {
    expect(() => parseLine(text)).toThrow(UsageError)
    expect(() => parseLine(text)).toThrow(message)
  })
})

function serialDefaults() {
  return { parity: 'none', dataBits: 8, stopBits: 1 }
}

test('unit ids', () => {
  const limits = { first: 1, last: 247 }
  expect(parseUnitId('--unit', { text: '247', ...limits })).toBe(247)
  for (const text of ['0', '248', '1.5', '-1', '', '0x10', 'one']) {
    expect(() => parseUnitId('--from', { text, ...limits })).toThrow(/^--from: expected a unit id from 1 to 247/)
  }
})

test('time-outs', () => {
  expect(parseTimeout('200ms')).toBe(200)
  for (const text of ['200', '0ms', '2m', 'soon']) expect(() => parseTimeout(text)).toThrow(/^--timeout: expected/)
})

test('parameters', () => {
  expect(parseParameters(['installation-height=2.5', 'zero-offset=-1'])).toEqual({
    'installation-height': 2.5,
    'zero-offset': -1,
  })
  for (const pair of ['height', 'height=', '=2', 'height=two', 'a=1=2']) {
    expect(() => parseParameters([pair])).toThrow(/^--parameter: expected name=number/)
  }
})
