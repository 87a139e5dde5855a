/** The command line as a process: what it prints and how it ends. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'

const MAIN = new URL('../../../gateway/main.ts', import.meta.url).pathname
const CASE = new URL('../../cases/config/scale-of-zero/', import.meta.url).pathname

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function outpost(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

/** A valid configuration with a profile of its own; `address` is the register that the profile names. */
function folderWith(address: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-main-'))
  folders.push(folder)
  cpSync(CASE, folder, { recursive: true })
  const change = (name: string, from: string, to: string) => {
    const file = join(folder, name)
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
  }
  change('outpost.yaml', 'factor: 0', 'factor: 0.001')
  change('profiles/models/gauge.yaml', 'address: 1,', `address: ${address},`)
  return folder
}

test('check prints advice and does not fail because of it', () => {
  const folder = folderWith(40_002)
  const { status, stdout } = outpost('check', join(folder, 'outpost.yaml'))
  expect(stdout.replaceAll(`${folder}/`, '')).toMatch(
    /^outpost\.yaml is valid: .*\nto look at, because it is probably a slip:\n {2}profiles\/models\/gauge\.yaml:18:\d+: points\[0\]\.modbus\.address: 40002 looks like a reference number of a manual; its zero-based PDU address would be 1: write that\n$/,
  )
  expect(status).toBe(0)
})

test('check says no more than that the file is valid where there is no advice', () => {
  const { status, stdout } = outpost('check', join(folderWith(1), 'outpost.yaml'))
  expect(stdout).toMatch(/^\S+ is valid: [^\n]*\n$/)
  expect(status).toBe(0)
})

test.each([
  [['run'], '"outpost run" needs the path of a configuration file'],
  [['walk', 'file'], 'there is no command "walk"'],
  [['check', '--fast', 'file'], "Unknown option '--fast'"],
])('%j is a wrong command line', (args, message) => {
  const { status, stderr } = outpost(...args)
  expect(stderr).toContain(`outpost: ${message}`)
  expect(stderr).toContain('see "outpost --help"')
  expect(status).toBe(2)
})

test('what goes wrong unexpectedly is not the fault of the command line', () => {
  const folder = folderWith(1)
  const broken = join(folder, 'broken.mjs')
  writeFileSync(broken, 'process.stdout.write = () => { throw new Error("the terminal is gone") }\n')
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', broken, MAIN, 'check', join(folder, 'outpost.yaml')],
    {
      encoding: 'utf8',
    },
  )
  expect(stderr).toBe('outpost: ended by an unexpected error: the terminal is gone\n')
  expect(status).toBe(1)
})

test('however it is started, Node is told the same about memory', () => {
  const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
  const optionsIn = (text = '') => text.match(/--(?:max-[a-z-]+=\d+|no-sparkplug|expose-gc)/g)
  const { scripts } = JSON.parse(read('package.json')) as { scripts: { outpost: string } }
  const options = optionsIn(scripts.outpost)
  expect(options).toHaveLength(4)
  expect(optionsIn(read('gateway/start.mjs').split('\n')[0])).toEqual(options)
  expect(optionsIn(read('.docker/Dockerfile'))).toEqual(options)
  expect(optionsIn(read('simulator/gateway-command.ts'))).toEqual(options)
})
