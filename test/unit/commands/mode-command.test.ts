/** What the command line asks of the gateway, and what it refuses to ask. The answers of a real one: test/scenarios/modes.test.ts. */
import { expect, onTestFinished, test } from 'vitest'
import { modeCommand } from '../../../gateway/commands/mode-command.ts'
import type { Mode, ModeWish } from '../../../gateway/mode.ts'
import { startTestServer } from '../../support/http.ts'
import { hearWhatIsSaid } from '../../support/said.ts'

const MODE: Mode = {
  ...{ id: 'test-1', type: 'test', target: { type: 'point', id: 'wl-01.level' }, dispatch: true },
  ...{ by: '张伟', comment: '年检', at: 0, until: 3_600_000 },
}
const said = hearWhatIsSaid()

async function startGateway() {
  const { gateway, url, server } = await startTestServer()
  onTestFinished(() => server.stop())
  const wishes: ModeWish[] = []
  gateway.modes = {
    ...gateway.modes,
    list: () => [MODE],
    begin: (wish) => {
      wishes.push(wish)
      return Promise.resolve({ ok: true, mode: MODE })
    },
  }
  return { wishes, gateway, run: (...args: string[]) => modeCommand(['--gateway', url, ...args]) }
}

test('begins a mode for a time, with who and why', async () => {
  const { run, wishes } = await startGateway()
  const who = ['--by', '张伟', '--comment', '年检']
  expect(await run('test', '--point', 'wl-01.level', '--for', '30m', '--dispatch', ...who)).toBe(0)
  const target = { type: 'point', id: 'wl-01.level' }
  const { by, comment } = MODE
  expect(wishes).toEqual([{ type: 'test', target, durationMs: 1_800_000, dispatch: true, by, comment }])
  expect(said.stdout).toBe('test of the point wl-01.level until 1970-01-01T01:00:00.000Z, 张伟: 年检 [test-1]\n')
})

test('exercises an alarm, says what is on, and what is refused', async () => {
  const { run, gateway } = await startGateway()
  const [alarm] = gateway.alarms()
  expect(await run('exercise', alarm?.id ?? '', '--level', 'red', '--by', '张伟', '--comment', '月度演练')).toBe(0)
  expect(gateway.requests).toMatchObject([{ type: 'exercise', alarmId: alarm?.id, level: 'red', comment: '月度演练' }])
  expect(await run('--json')).toBe(0)
  expect(said.stdout).toContain('"test-1"')
  expect(await run('end', 'drill-9', '--by', '张伟')).toBe(1)
  expect(said.stderr).toBe('outpost mode: none\n')
  expect(await modeCommand(['--gateway', 'http://127.0.0.1:1'])).toBe(1)
  expect(said.stderr).toContain('cannot be asked')
})

test.each([
  [['siesta'], /expected maintenance, drill, test, exercise or end, got "siesta"/],
  [['maintenance', 'tag'], /takes its target as an option, got "tag"/],
  [['maintenance'], /needs one of --device, --place, --station/],
  [['drill', '--device', 'tag'], /needs one of --station/],
  [['maintenance', '--device', 'a', '--place', 'b'], /needs one of/],
  [['drill', '--station', 's', '--for', '30m', '--by', 'x'], /--comment is needed/],
  [['drill', '--station', 's', '--comment', 'x', '--by', 'x'], /--for is needed/],
  [['drill', '--station', 's', '--comment', 'x', '--for', 'soon', '--by', 'x'], /--for: /],
  [['drill', '--station', 's', '--comment', 'x', '--for', '30m'], /--by is needed/],
  [['end', '--by', 'x'], /needs exactly one id/],
  [['end', 'a'], /--by is needed/],
  [['--gateway', 'gateway:8080'], /--gateway: expected a URL/],
])('outpost mode %j', async (args, message) => {
  await expect(modeCommand(args)).rejects.toThrow(message)
})
