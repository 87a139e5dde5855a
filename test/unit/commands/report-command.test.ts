/** What `outpost report` asks of the gateway, and what it refuses to ask. The answers of a real one: test/scenarios/reports.test.ts. */
import { expect, onTestFinished, test } from 'vitest'
import { reportCommand } from '../../../gateway/commands/report-command.ts'
import type { ReportRequest } from '../../../gateway/http/report-view.ts'
import { startTestServer } from '../../support/http.ts'
import { hearWhatIsSaid } from '../../support/said.ts'

const said = hearWhatIsSaid()

async function startGateway() {
  const { gateway, url, server } = await startTestServer()
  onTestFinished(() => server.stop())
  const requests: ReportRequest[] = []
  const [alarm] = gateway.alarms()
  if (alarm === undefined) throw new Error('the fake gateway has no alarm')
  gateway.reports = {
    types: () => [],
    report: (request) => {
      requests.push(request)
      return Promise.resolve({ ok: true, alarm })
    },
  }
  return { requests, alarm, gateway, run: (...args: string[]) => reportCommand(['--gateway', url, ...args]) }
}

test('reports where, what is known and who says it', async () => {
  const { run, requests, alarm } = await startGateway()
  expect(await run('fall', '--place', '3 号楼 ', '--known', '一人受伤', '--by', '张伟')).toBe(0)
  expect(requests).toEqual([
    {
      ...{ type: 'fall', place: '3 号楼', placeId: null, known: '一人受伤', by: '张伟' },
      ...{ priority: null, reporter: null, exercise: false },
    },
  ])
  expect(said.stdout).toContain(`${alarm.id} is ${alarm.state}`)
  expect(await run('--json')).toBe(0)
})

test('corrects, closes and judges', async () => {
  const { run, gateway, alarm } = await startGateway()
  expect(await run('correct', alarm.id, '--known', '两人', '--by', '张伟')).toBe(0)
  expect(await run('close', alarm.id, '--verdict', 'false', '--comment', '误报', '--by', '张伟')).toBe(0)
  expect(await run('judge', alarm.id, '--verdict', 'real', '--comment', '核实', '--by', '张伟')).toBe(0)
  expect(gateway.requests).toMatchObject([
    { type: 'correct', known: '两人', priority: null, comment: null },
    { type: 'close', verdict: 'false', comment: '误报' },
    { type: 'dispose', verdict: 'real', comment: '核实' },
  ])
  expect(await run('close', 'incident.fall-9', '--comment', 'x', '--by', '张伟')).toBe(1)
  expect(said.stderr).toContain("there is no alarm 'incident.fall-9'")
})

test.each([
  [['fal', '--place', 'a', '--known', 'b', '--by', 'c'], 'expected electric-shock'],
  [['fall', '--known', 'b', '--by', 'c'], '--place or --place-id is needed'],
  [['fall', '--place', 'a', '--by', 'c'], '--known is needed'],
  [['fall', '--place', 'a', '--known', 'b'], '--by is needed'],
  [['close', '--by', 'c', '--comment', 'b'], 'needs exactly one id'],
  [['correct', 'incident.fall-1', '--by', 'c'], '--known or --priority is needed'],
  [['judge', 'incident.fall-1', '--by', 'c', '--comment', 'b'], '--verdict is needed'],
])('%j is a wrong command line', async (args, message) => {
  await expect(reportCommand(args)).rejects.toThrow(message)
})
