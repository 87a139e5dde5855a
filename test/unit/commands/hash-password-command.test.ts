import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { parsePasswordHash, passwordMatches } from '../../../broker/password-hash.ts'

const MAIN = new URL('../../../gateway/main.ts', import.meta.url).pathname

async function hashPassword(input: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, 'hash-password'], { stdio: 'pipe' })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (bytes) => {
    stdout += String(bytes)
  })
  child.stderr.on('data', (bytes) => {
    stderr += String(bytes)
  })
  child.stdin.end(input)
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr }
}

test('a password becomes a hash that a configuration may hold', async () => {
  const { code, stdout } = await hashPassword('drizzle-42 ✓\nwhat follows is not it\n')
  expect(code).toBe(0)
  expect(await passwordMatches(Buffer.from('drizzle-42 ✓'), parsePasswordHash(stdout.trim()))).toBe(true)
})

test('no password is no hash', async () => {
  expect(await hashPassword('\n')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('got nothing'),
  })
})
