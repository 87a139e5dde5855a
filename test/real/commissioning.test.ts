/** Probe and scan on a serial line, and the line after a Ctrl-C. */
import { SerialPort } from 'serialport'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPtyPair } from '../support/modbus-servers.ts'
import { ModbusSlave } from '../support/modbus-slave.ts'
import { outpost, startOutpost } from '../support/outpost-command.ts'
import { describeReal } from '../support/real-servers.ts'

describeReal('socat')('commissioning of a serial line', () => {
  let pair: Awaited<ReturnType<typeof startPtyPair>>
  let far: SerialPort

  beforeAll(async () => {
    pair = await startPtyPair()
    far = new SerialPort({ path: pair.ends[1], baudRate: 9600, autoOpen: false })
    await new Promise<void>((resolve, reject) => far.open((error) => (error ? reject(error) : resolve())))
    const slave = new ModbusSlave({
      framing: 'rtu',
      answer: ({ unitId }) => ({ type: unitId === 3 || unitId === 4 ? 'right' : 'silence' }),
      word: () => 1,
    })
    slave.serve(far)
  })

  afterAll(async () => {
    await new Promise((resolve) => far.close(resolve))
    await pair.stop()
  })

  const line = () => `${pair.ends[0]}?baud=9600`

  test('scan finds the units and probe reads one of them', async () => {
    const found = await outpost('scan', '--line', line(), '--to', '6', '--timeout', '200ms')
    expect(found.code).toBe(0)
    expect(found.stdout).toMatch(/^unit 3: .*\nunit 4: .*\n.*: 2 units found, asked 6 unit ids\n$/)
    const probed = await outpost('probe', '--line', line(), '--unit', '4', '--profile', 'renke-rs-yg-n01')
    expect(probed.stdout).toMatch(/^smoke +holding-register 3 +0x0001 +1 \(smoke\) +good/m)
    expect(probed.code).toBe(0)
  })

  test('a Ctrl-C lets go of the port', async () => {
    const { child, said, result } = startOutpost('scan', '--line', line(), '--from', '4', '--timeout', '3s')
    await said('unit 4')
    const meanwhile = await outpost('scan', '--line', line(), '--to', '4', '--timeout', '200ms')
    expect(meanwhile.code).toBe(1)
    expect(meanwhile.stderr).toMatch(/another program has it open/)
    child.kill('SIGINT')
    expect((await result).code).toBe(130)
    const afterwards = await outpost('scan', '--line', line(), '--from', '3', '--to', '3', '--timeout', '200ms')
    expect([afterwards.code, afterwards.stderr]).toEqual([0, 'asked 1 of 1 unit ids\n'])
  })
})
