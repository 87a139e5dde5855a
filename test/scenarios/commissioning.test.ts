/** What engineers do on site: probing devices and scanning lines, alone and beside a gateway that polls. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ProbeView, ScanView } from '../../gateway/http/commissioning-view.ts'
import type { Simulation } from '../../simulator/runner.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { ModbusSlave, type SlaveOptions } from '../support/modbus-slave.ts'
import { outpost, startOutpost } from '../support/outpost-command.ts'
import { freePort } from '../support/server-process.ts'
import { startField } from '../support/simulated-field.ts'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function startSlave(options: SlaveOptions): Promise<ModbusSlave> {
  const slave = await new ModbusSlave(options).start()
  stops.push(() => slave.stop())
  return slave
}

const RADAR = { profile: 'dfrobot-sen0676', parameters: { 'installation-height': 5 } }
const TAG = { profile: 'outpost-ref-extinguisher-tag-modbus' }
const TAG_VALUES = { pressure: 1200, temperature: 21, present: 1, obstructed: 0, battery: 90, rssi: -60 }

describe('the command line against simulated devices', () => {
  let field: Simulation
  let gateway: GatewayProcess
  let port: number

  beforeAll(async () => {
    const lines = [{ id: 'cabinet', type: 'modbus-tcp', host: '127.0.0.1', port: 0 }]
    const devices = [
      { id: 'radar', ...RADAR, line: 'cabinet', unitId: 1, values: { level: 0.125 } },
      { id: 'hook', ...TAG, line: 'cabinet', unitId: 7, values: TAG_VALUES },
    ]
    field = await startField({ lines, devices }, { mqttPort: await freePort() })
    port = field.ports().get('cabinet') as number
    // Only its configuration is used here; it does not run.
    gateway = await GatewayProcess.create({ devices: [] })
    gateway.configure({
      lines: [{ id: 'cabinet', type: 'modbus-tcp', host: '127.0.0.1', port }],
      devices: [
        { id: 'radar', place: '地下通道', ...RADAR, line: 'cabinet', unitId: 1 },
        { id: 'missing', place: '地下通道', ...RADAR, line: 'cabinet', unitId: 9 },
        { id: 'kitchen', place: '厨房', profile: 'outpost-ref-extinguisher-tag', broker: 'embedded', address: 'k' },
      ],
    })
    process.env.FIELD_PASSWORD = 'field-password'
  })

  afterAll(async () => {
    delete process.env.FIELD_PASSWORD
    await gateway?.remove()
    await field?.stop()
  })

  const file = () => join(gateway.folder, 'outpost.yaml')
  const line = () => `tcp://127.0.0.1:${port}`

  test('probe FILE DEVICE shows raw words, values, quality and reply times', async () => {
    const { code, stdout, stderr } = await outpost('probe', file(), 'radar')
    expect([code, stderr]).toEqual([0, ''])
    const rows = stdout.split('\n')
    expect(rows[0]).toBe(`radar (dfrobot-sen0676), unit 1 at 127.0.0.1:${port}`)
    expect(rows[2]).toMatch(/^point +registers +raw +value +quality +reply$/)
    expect(rows[3]).toMatch(/^level +derived +- +0\.125 m +good +[\d.]+ ms$/)
    expect(rows[4]).toMatch(/^distance +holding-register 1 +0x130b +4\.875 m +good +[\d.]+ ms$/)
    expect(rows[6]).toBe('2 points: 2 good, 0 uncertain, 0 bad; 1 request')
  })

  test('probe --line needs no configuration, and shows the names of states', async () => {
    const { code, stdout } = await outpost('probe', '--line', line(), '--unit', '7', '--profile', TAG.profile)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^pressure +holding-register 0 +0x2ee0 +1200\.0 kPa +good/m)
    expect(stdout).toMatch(/^present +holding-register 2 +0x[0-9a-f]{4} +1 \(in place\) +good/m)
  })

  test('probe gives JSON where a program asks', async () => {
    const { stdout } = await outpost('probe', file(), 'radar', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      device: 'radar',
      answered: true,
      points: [
        { id: 'level', value: 0.125 },
        { id: 'distance', words: [4875] },
      ],
    })
  })

  test('probe of a unit that is not there says so, and what to do', async () => {
    const { code, stdout } = await outpost('probe', file(), 'missing', '--timeout', '5s')
    expect(code).toBe(3)
    expect(stdout).toMatch(/distance +holding-register 1 +- +- +bad, communication-failure \(exception 11\)/)
    expect(stdout).toContain('  level, distance: exception 11 (gateway target device failed to respond)\n')
    expect(stdout).toMatch(/unit 9 gives no answer.*outpost scan/)
  })

  test.each([
    [['radr'], 1, /there is no device "radr"; on its Modbus lines are radar, missing; did you mean "radar"\?/],
    [['kitchen'], 1, /the device "kitchen" is not on a Modbus line/],
    [[], 2, /expected "outpost probe FILE DEVICE".*see "outpost probe --help"/],
  ])('probe FILE %j ends with %i', async (args, code, message) => {
    const result = await outpost('probe', file(), ...args)
    expect(result.code).toBe(code)
    expect(result.stderr).toMatch(message)
    expect(result.stdout).toBe('')
  })

  test('probe of a line where nothing listens names the cause', async () => {
    const nowhere = `tcp://127.0.0.1:${await freePort()}`
    const { code, stderr } = await outpost('probe', '--line', nowhere, '--unit', '1', '--profile', TAG.profile)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^outpost probe: cannot connect to 127.0.0.1:\d+: nothing listens there/)
  })

  test('scan finds the units, with plain lines of progress where nobody watches', async () => {
    const args = ['--from', '1', '--to', '10', '--timeout', '1s']
    const { code, stdout, stderr } = await outpost('scan', '--line', line(), ...args)
    expect(code).toBe(0)
    const units = stdout.split('\n').filter((row) => row.startsWith('unit '))
    expect(units.map((row) => row.split(':')[0])).toEqual(['unit 1', 'unit 7'])
    expect(stdout).toMatch(/127\.0\.0\.1:\d+: 2 units found, asked 10 unit ids\nFor 8 unit ids a gateway answered/)
    expect(stderr).toContain('asked 10 of 10 unit ids\n')
  })

  test('scan without a unit, and with a wrong range, say so by their exit codes', async () => {
    const none = await outpost('scan', '--line', line(), '--from', '20', '--to', '22', '--timeout', '1s')
    expect(none.code).toBe(3)
    expect(none.stdout).toMatch(/^127\.0\.0\.1:\d+: 0 units found, asked 3 unit ids\n/)
    const wrong = await outpost('scan', '--line', line(), '--from', '9', '--to', '3')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toMatch(/--from: expected at most 3, which --to says, got 9; see "outpost scan --help"/)
  })

  test('the help of each command names every option', async () => {
    const [main, probe, scan] = await Promise.all([
      outpost('--help'),
      outpost('probe', '--help'),
      outpost('scan', '-h'),
    ])
    expect(main.stdout).toMatch(/outpost probe .*\n.*outpost scan /)
    for (const option of ['line', 'unit', 'profile', 'parameter', 'profiles', 'timeout', 'json']) {
      expect(probe.stdout).toContain(`--${option}`)
    }
    for (const option of ['line', 'from', 'to', 'timeout']) expect(scan.stdout).toContain(`--${option}`)
  })
})

describe('Ctrl-C and a broken pipe', () => {
  test('a scan ends at once, tells what it found, and lets go of the connection', async () => {
    const slave = await startSlave({
      framing: 'rtu',
      answer: ({ unitId }) => ({ type: unitId === 1 ? 'right' : 'silence' }),
    })
    const where = `rtu-over-tcp://127.0.0.1:${slave.port}`
    const { child, result, said } = startOutpost('scan', '--line', where, '--timeout', '3s')
    await said('unit 1')
    child.kill('SIGINT')
    const { code, stdout, stderr } = await result
    expect(code).toBe(130)
    expect(stdout).toMatch(/1 unit found, asked 1 of 247 unit ids \(interrupted\)\n$/)
    expect(stderr).toBe('')
  })

  test('a scan whose output nobody reads any more ends without a word', async () => {
    const slave = await startSlave({ framing: 'tcp', answer: () => ({ type: 'right', afterMs: 10 }) })
    const { child, result, said } = startOutpost('scan', '--line', `tcp://127.0.0.1:${slave.port}`)
    await said('unit 1')
    child.stdout?.destroy()
    const { code, stderr } = await result
    expect(code).toBe(141)
    expect(stderr).not.toContain('EPIPE')
    expect(slave.requests.length).toBeLessThan(247)
  })

  test('a probe ends at once', async () => {
    const asked = Promise.withResolvers<void>()
    const slave = await startSlave({
      framing: 'tcp',
      answer: () => {
        asked.resolve()
        return { type: 'silence' }
      },
    })
    const where = ['--line', `tcp://127.0.0.1:${slave.port}`, '--unit', '1']
    const { child, result } = startOutpost('probe', ...where, '--profile', TAG.profile, '--timeout', '1m')
    await asked.promise
    child.kill('SIGINT')
    expect(await result).toEqual({ code: 130, stdout: '', stderr: 'outpost probe: interrupted\n' })
  })
})

describe('beside a gateway that polls', () => {
  let slave: ModbusSlave
  let rtuSlave: ModbusSlave
  let gateway: GatewayProcess

  /** Unit 1 is polled; 5 is there and not configured; all others are silent. */
  beforeAll(async () => {
    const answer: SlaveOptions['answer'] = ({ unitId }) => ({
      type: unitId === 1 || unitId === 5 ? 'right' : 'silence',
    })
    slave = await new ModbusSlave({ framing: 'tcp', answer, word: () => 4875 }).start()
    rtuSlave = await new ModbusSlave({ framing: 'rtu', answer, word: () => 4875 }).start()
    gateway = await GatewayProcess.create({ devices: [] })
    gateway.configure({
      lines: [
        { id: 'bus', type: 'modbus-tcp', host: '127.0.0.1', port: slave.port },
        { id: 'rtu-bus', type: 'modbus-rtu-over-tcp', host: '127.0.0.1', port: rtuSlave.port },
        { id: 'spare', type: 'modbus-rtu-over-tcp', host: '127.0.0.1', port: await freePort() },
      ],
      devices: [
        { id: 'radar', place: '地下通道', ...RADAR, line: 'bus', unitId: 1, pollInterval: '500ms' },
        { id: 'ramp', place: '匝道', ...RADAR, line: 'rtu-bus', unitId: 1, pollInterval: '500ms' },
        { id: 'kitchen', place: '厨房', profile: 'outpost-ref-extinguisher-tag', broker: 'embedded', address: 'k' },
      ],
    })
    await gateway.start()
  })

  afterAll(async () => {
    await gateway?.remove()
    await slave?.stop()
    await rtuSlave?.stop()
  })

  const polls = (of: ModbusSlave) => of.requests.filter(({ unitId, address }) => unitId === 1 && address === 1).length
  async function skippedCycles(line: string): Promise<number> {
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.httpPort}/metrics`)).text()
    const found = metrics
      .split('\n')
      .find((row) => row.startsWith(`outpost_modbus_skipped_cycles_total{line="${line}"}`))
    if (found === undefined) throw new Error(metrics)
    return Number(found.split(' ')[1])
  }

  const scanOf = (line: string) => gateway.get<ScanView>(`/api/lines/${line}/scan`)

  async function untilEnded(line: string): Promise<ScanView> {
    for (;;) {
      const scan = await scanOf(line)
      if (scan.state !== 'running') return scan
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  test('a probe answers over the connection of the polls', async () => {
    const { status, body } = await gateway.post('/api/devices/radar/probe')
    expect(status).toBe(200)
    const probed = body as ProbeView
    expect(probed).toMatchObject({ device: 'radar', unitId: 1, answered: true, requests: 1 })
    expect(probed.points).toMatchObject([
      { id: 'level', value: 0.125, registers: null, words: null, quality: 'good' },
      { id: 'distance', value: 4.875, words: [4875], registers: { table: 'holding-register', address: 1, count: 1 } },
    ])
    expect(slave.connections).toBe(1)
  })

  test.each([
    ['bus', 'radar', () => slave],
    // Its own silence after a time-out is 2 s, four cycles long.
    ['rtu-bus', 'ramp', () => rtuSlave],
  ])('a scan of %s finds units, tells how far it is, and the polls keep their pace', async (line, device, slaveOf) => {
    const started = await gateway.post(`/api/lines/${line}/scan`, { from: 1, to: 9, timeoutMs: 150 })
    expect(started).toMatchObject({ status: 202, body: { line, state: 'running', done: 0, total: 9 } })
    const [pollsBefore, skippedBefore] = [polls(slaveOf()), await skippedCycles(line)]
    const refused = await gateway.post(`/api/lines/${line}/scan`, {})
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'line-busy' } } })
    const ended = await untilEnded(line)
    expect(ended).toMatchObject({ state: 'complete', done: 9, total: 9, error: null })
    expect(ended.findings.map((finding) => [finding.unitId, finding.device, finding.type])).toEqual([
      [1, device, 'unit'],
      [5, null, 'unit'],
    ])
    // Seven time-outs of 150 ms and the rests between them last for more than six cycles, of which none was left out.
    expect(polls(slaveOf()) - pollsBefore).toBeGreaterThanOrEqual(6)
    expect(await skippedCycles(line)).toBe(skippedBefore)
    expect(slaveOf().connections).toBe(1)
  })

  test('a scan can be cancelled, and another one started', async () => {
    await gateway.post('/api/lines/bus/scan', { from: 20, to: 240 })
    const cancel = () => fetch(`http://127.0.0.1:${gateway.httpPort}/api/lines/bus/scan`, { method: 'DELETE' })
    expect(await (await cancel()).json()).toMatchObject({ state: 'cancelled', total: 221 })
    expect((await cancel()).status).toBe(200)
    expect(await scanOf('bus')).toMatchObject({ state: 'cancelled', endedAt: expect.any(Number) })
    const again = await gateway.post('/api/lines/bus/scan', { from: 5, to: 5, timeoutMs: 500 })
    expect(again.status).toBe(202)
    expect(await untilEnded('bus')).toMatchObject({ state: 'complete', findings: [{ unitId: 5 }] })
  })

  test('a line where nothing listens loses the scan, with its cause', async () => {
    await gateway.post('/api/lines/spare/scan', { from: 1, to: 3 })
    expect(await untilEnded('spare')).toMatchObject({
      state: 'line-lost',
      error: expect.stringMatching(/nothing listens/),
    })
  })

  test.each([
    ['/api/devices/nobody/probe', {}, 404, 'unknown-device'],
    ['/api/devices/kitchen/probe', {}, 409, 'not-on-a-modbus-line'],
    ['/api/devices/radar/probe', { force: true }, 400, 'invalid-request'],
    ['/api/lines/nowhere/scan', {}, 404, 'unknown-line'],
    ['/api/lines/spare/scan', { from: 0 }, 400, 'unit-id-out-of-range'],
    ['/api/lines/bus/scan', { from: 9, to: 3 }, 400, 'unit-id-out-of-range'],
    ['/api/lines/bus/scan', { timeoutMs: 1 }, 400, 'invalid-request'],
  ])('POST %s with %j is %i %s', async (path, given, status, code) => {
    expect(await gateway.post(path, given)).toMatchObject({ status, body: { error: { code } } })
  })

  test('a gateway stops at once although a scan runs', async () => {
    await gateway.post('/api/lines/bus/scan', { from: 20, to: 240, timeoutMs: 10_000 })
    expect(await gateway.end('SIGTERM')).toBe(0)
    await gateway.start()
    const none = await fetch(`http://127.0.0.1:${gateway.httpPort}/api/lines/bus/scan`)
    expect(none.status).toBe(404)
  })
})

// The options of `script` are those of Linux.
test.skipIf(process.platform !== 'linux')('on a terminal a bar moves, and is gone at the end', async () => {
  const slave = await startSlave({ framing: 'tcp' })
  const command = `"${process.execPath}" gateway/main.ts scan --line tcp://127.0.0.1:${slave.port} --to 4`
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  child.stdout.on('data', (bytes) => {
    output += String(bytes)
  })
  await once(child, 'close')
  expect(child.exitCode).toBe(0)
  expect(output).toContain('[##############################] 4/4 unit ids, 4 found')
  const where = `127.0.0.1:${slave.port}`
  expect(output).toContain(`\r\u001b[K${where}: 4 units found, asked 4 unit ids\r\n`)
})
