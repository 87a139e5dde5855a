/** Ports in a folder of their own, under the names that udev gives. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '../../../gateway/config/load.ts'

/** `usb-a` is ttyUSB0 and `usb-b` is ttyACM1; ttyUSB2 has a name by its socket only; ttyS0 is soldered in. */
function machine() {
  const dev = mkdtempSync(join(tmpdir(), 'outpost-dev-'))
  onTestFinished(() => rmSync(dev, { recursive: true }))
  const stableNames = [join(dev, 'by-id'), join(dev, 'by-path')]
  for (const folder of stableNames) mkdirSync(folder)
  for (const port of ['ttyUSB0', 'ttyACM1', 'ttyUSB2', 'ttyS0', 'ttyUSB10']) writeFileSync(join(dev, port), '')
  symlinkSync('../ttyUSB0', join(dev, 'by-id', 'usb-a'))
  symlinkSync('../ttyACM1', join(dev, 'by-id', 'usb-b'))
  for (const port of ['ttyUSB0', 'ttyUSB2', 'ttyS0']) symlinkSync(`../${port}`, join(dev, 'by-path', `socket-${port}`))
  const load = (...paths: readonly string[]) => {
    const lines = paths.map((path, i) => ({
      id: `bus-${i}`,
      type: 'modbus-rtu',
      path: join(dev, path),
      baudRate: 9600,
    }))
    const file = join(dev, 'outpost.yaml')
    writeFileSync(
      file,
      JSON.stringify({
        gateway: { id: 'station-1', dataDirectory: './data' },
        station: { id: 's', name: { zh: '站', en: 'S' }, type: 'community', address: '1' },
        http: { authentication: { type: 'anonymous-on-loopback' } },
        ...{ lines, devices: [] },
      }),
    )
    const result = loadConfig(file, { environment: {}, stableNames })
    const told = result.ok ? result.advice : result.problems
    return { ok: result.ok, told: told.map(({ path, message }) => `${path}: ${message.replaceAll(dev, '')}`) }
  }
  return load
}

const advice = (index: number, path: string, name: string) =>
  `lines[${index}].path: ${path} may be another adapter after a restart or when one is plugged in again; use ${name}, which stays`

test('a counted name is fit for use, but the stable one is told', () => {
  const load = machine()
  expect(load('ttyUSB0', 'ttyACM1', 'ttyUSB2')).toEqual({
    ok: true,
    told: [
      advice(0, '/ttyUSB0', '/by-id/usb-a'),
      advice(1, '/ttyACM1', '/by-id/usb-b'),
      advice(2, '/ttyUSB2', '/by-path/socket-ttyUSB2'),
    ],
  })
})

test('nothing is to be said of a name that stays, nor where there is no better one', () => {
  const load = machine()
  // The last two are not plugged in.
  expect(load('by-id/usb-a', 'ttyS0', 'ttyUSB10', 'by-id/usb-z', 'ttyUSB7')).toEqual({ ok: true, told: [] })
})

test('two names of one port are one line', () => {
  const load = machine()
  const twice = (path: string, owner: string) =>
    `lines[1]: expected one line per physical line, got "bus-1" on ${path}, which the line "${owner}" has already; ` +
    'put the devices of both on one line, so that their requests share one queue'
  expect(load('by-id/usb-a', 'ttyUSB0')).toEqual({ ok: false, told: [twice('/ttyUSB0', 'bus-0')] })
  expect(load('by-id/usb-a', 'by-path/socket-ttyUSB0')).toMatchObject({ ok: false })
  // Also while nothing is plugged in.
  expect(load('ttyUSB7', 'by-id/../ttyUSB7')).toMatchObject({ ok: false })
  expect(load('by-id/usb-a', 'by-id/usb-b').ok).toBe(true)
})
