/** `outpost hash-password`: what a configuration may hold in the place of a password. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import { hashPassword } from '../../broker/password-hash.ts'
import { UsageError } from './usage-error.ts'

export const HASH_PASSWORD_HELP = `outpost hash-password: hash a password for a user of the embedded broker

  outpost hash-password            asks for the password, twice, and does not show it
  outpost hash-password < FILE     takes the first line

The hash (scrypt) goes to standard output; give it as passwordHash in broker.authentication.users.
`

const LONGEST = 1024

/** Gives the exit code. Throws where the command line is wrong. */
export async function hashPasswordCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { help: { type: 'boolean', short: 'h' } } })
  if (values.help) {
    process.stdout.write(HASH_PASSWORD_HELP)
    return 0
  }
  const password = process.stdin.isTTY ? await askTwice() : await firstLine()
  process.stdout.write(`${await hashPassword(Buffer.from(password))}\n`)
  return 0
}

async function askTwice(): Promise<string> {
  const first = await ask('Password: ')
  if (first !== (await ask('Again: '))) throw new UsageError('the two passwords differ')
  return first
}

async function ask(question: string): Promise<string> {
  process.stderr.write(question)
  // What is typed goes nowhere.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  try {
    return await answerOf(lines)
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}

async function firstLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin })
  try {
    return await answerOf(lines)
  } finally {
    lines.close()
  }
}

async function answerOf(lines: ReturnType<typeof createInterface>): Promise<string> {
  const password = await new Promise<string>((resolve) => {
    lines.once('line', resolve)
    lines.once('close', () => resolve(''))
  })
  if (password === '') throw new UsageError('expected a password, got nothing')
  if (Buffer.byteLength(password) > LONGEST) throw new UsageError(`expected at most ${LONGEST} bytes of password`)
  return password
}
