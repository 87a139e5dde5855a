import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const SUITE = new URL('./aedes-suite.ts', import.meta.url).pathname
/** Of aedes-persistence 11.0.0. */
const TESTS = 50

test('the store passes the whole suite of aedes-persistence, with a file', { timeout: 120_000 }, async () => {
  const { NODE_OPTIONS: _, ...environment } = process.env
  const run = promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', SUITE], { env: environment })
  const { stdout } = await run.catch((error: { stdout: string }) => error)
  const failed = stdout.split('\n').filter((line) => line.startsWith('not ok'))
  expect(failed, stdout).toEqual([])
  expect(stdout).toContain(`# pass ${TESTS}\n`)
  expect(stdout).toContain('# fail 0\n')
})
