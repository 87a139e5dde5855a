import { expect, test } from 'vitest'
import { probeCommand } from '../../../gateway/commands/probe-command.ts'
import { scanCommand } from '../../../gateway/commands/scan-command.ts'

const LINE = ['--line', 'tcp://127.0.0.1:1']
const TAG = 'outpost-ref-extinguisher-tag-modbus'

test.each([
  [[], /expected "outpost probe FILE DEVICE" or "outpost probe --line …", got 0 words/],
  [['outpost.yaml'], /expected "outpost probe FILE DEVICE"/],
  [['outpost.yaml', 'radar', 'hook'], /expected "outpost probe FILE DEVICE"/],
  [['outpost.yaml', 'radar', '--unit', '3'], /--unit goes with --line/],
  [['outpost.yaml', ...LINE, '--unit', '1', '--profile', TAG], /--line needs no file, got "outpost.yaml"/],
  [[...LINE, '--unit', '1', '--profile', 'dfrobot-sen067'], /no device profile "dfrobot-sen067"; did you mean/],
  [[...LINE, '--unit', '1', '--profile', 'dfrobot-sen0676'], /"installation-height".*is required/],
  [[...LINE, '--unit', '1', '--profile', 'milesight-em500-udl'], /a device that speaks Modbus.*speaks mqtt/],
  [[...LINE, '--unit', '1', '--profile', TAG, '--parameter', 'height=2'], /has no parameter "height"/],
  [[...LINE, '--unit', '256', '--profile', TAG], /--unit: expected a unit id from 0 to 255/],
  [[...LINE, '--unit', '1'], /needs --profile PROFILE/],
  [[...LINE, '--profile', TAG], /needs --unit ID; "outpost scan" finds/],
  [['--speed', '3'], /--speed/],
])('outpost probe %j', async (args, message) => {
  await expect(probeCommand(args)).rejects.toThrow(message)
})

test.each([
  [[], /needs --line: tcp:\/\//],
  [['outpost.yaml'], /outpost.yaml/],
  [['--line', 'rtu-over-tcp://127.0.0.1:1', '--from', '0'], /--from: expected a unit id from 1 to 247/],
  [[...LINE, '--to', '256'], /--to: expected a unit id from 0 to 255/],
  [[...LINE, '--from', '9', '--to', '3'], /--from: expected at most 3, which --to says, got 9/],
  [[...LINE, '--timeout', '5'], /--timeout: expected a duration/],
])('outpost scan %j', async (args, message) => {
  await expect(scanCommand(args)).rejects.toThrow(message)
})
