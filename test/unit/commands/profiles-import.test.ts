/** Files of other tools as profiles: what comes over, and what is said of the rest. The fixtures are written for these tests. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { profilesCommand } from '../../../gateway/commands/profiles-command.ts'
import { hearOutput } from '../../support/heard-output.ts'

const heard = hearOutput()
const cases = new URL('../../cases/import/', import.meta.url).pathname

function site(): string {
  const folder = mkdtempSync(join(tmpdir(), 'import-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test.each([
  ['gauge-holding.tsv', 'gauge', ['--kind', 'water-level', '--references', '--vendor', 'Acme', '--model', 'G']],
  ['meter.csv', 'meter', ['--kind', 'power', '--table', 'input']],
  ['meter.csv', 'meter', ['--kind', 'power', '--table', 'input-register']],
  ['smoke-panel.yaml', 'smoke-panel', ['--kind', 'smoke']],
  ['pump-room.conf', 'pump-room', ['--kind', 'water-level', '--unit', 'level=cm']],
  ['tank.conf', 'tank', ['--kind', 'water-level', '--from', 'telegraf']],
])('%s becomes %s with %j', async (file, id, flags) => {
  const folder = site()
  const done = profilesCommand(['import', join(cases, file), ...flags, '--id', id, '--profiles', folder])
  if (flags.includes('input')) {
    await expect(done).rejects.toThrow('--table: expected one of holding-register, input-register')
    return
  }
  expect(await done, heard.stderr + heard.stdout).toBe(0)
  expect(heard.stdout).toContain(`${id}: good`)
  const text = readFileSync(join(folder, 'models', `${id}.yaml`), 'utf8').replace(/schema=\S+/, 'schema=…')
  await expect(text).toMatchFileSnapshot(join(cases, 'expected', `${id}.yaml`))
  await expect(heard.stderr.replaceAll(cases, '')).toMatchFileSnapshot(join(cases, 'expected', `${id}.losses.txt`))
  const again = profilesCommand(['import', join(cases, file), ...flags, '--id', id, '--profiles', folder])
  await expect(again).rejects.toThrow(`there is a profile "${id}" already`)
})

test.each([
  ['list.csv', 'a,b\n1,2\n', 'list.csv: 1: expected a header with _address and name, got "a,b"'],
  ['list.tsv', '_address\tname\ttype\n1\tx\trawhex\n', 'there is no register in it that could be carried over'],
  ['profile.yaml', 'name: x\n', 'expected "deviceResources"'],
  ['profile.yaml', 'name: [x\n', 'profile.yaml:'],
  ['telegraf.toml', '[[inputs.modbus]\n', 'is no TOML'],
  ['telegraf.conf', '[agent]\n', 'expected [[inputs.modbus]]'],
])('%s with %j is no such file', async (name, text, says) => {
  const folder = site()
  const file = join(folder, name)
  writeFileSync(file, text)
  expect(await profilesCommand(['import', file, '--kind', 'smoke', '--profiles', folder])).toBe(1)
  expect(heard.stderr).toContain(says)
})

test('says what the command line lacks', async () => {
  const file = join(cases, 'smoke-panel.yaml')
  await expect(profilesCommand(['import', file])).rejects.toThrow('give it as --kind')
  await expect(profilesCommand(['import', file, '--from', 'edgx'])).rejects.toThrow('did you mean "edgex"?')
  await expect(profilesCommand(['import', 'device.bin'])).rejects.toThrow('does not say by its ending what it is')
  const quantity = ['--kind', 'smoke', '--quantity', 'Obscuration=obscuraton']
  await expect(profilesCommand(['import', file, ...quantity])).rejects.toThrow('did you mean "obscuration"?')
  expect(await profilesCommand(['import', 'no-such-file.csv'])).toBe(1)
})
