import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { createEmailChannel, type EmailChannelOptions } from '../../../gateway/channels/email.ts'
import type { Addressee } from '../../../gateway/dispatch-model.ts'
import { Authority } from '../../support/certificates.ts'
import { notification } from '../../support/notifications.ts'
import { type SmtpServer, type SmtpServerOptions, startSmtpServer } from '../../support/smtp-server.ts'

const PASSWORD = 'very-secret-0123'
const never = new AbortController().signal
const person = (name: string, address = `${name}@example.org`): Addressee => ({ person: name, name, address })
const LI = person('li')
const WANG = person('wang')

let server: SmtpServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

async function start(options: SmtpServerOptions = {}): Promise<SmtpServer> {
  server = await startSmtpServer(options)
  return server
}

function channel(change: Partial<EmailChannelOptions> = {}) {
  return createEmailChannel({
    ...{ id: 'mail', account: null, passwordInTheOpen: false, language: 'zh', timeoutMs: 5000 },
    endpoint: { host: '127.0.0.1', port: server?.port ?? 1, security: 'none' },
    from: { name: '石井哨所', address: 'outpost@example.org' },
    ...change,
  })
}

function certificate() {
  const authority = new Authority()
  const { certFile, keyFile } = authority.issue('localhost', { dnsNames: ['localhost'] })
  return {
    certificate: { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') },
    ca: readFileSync(authority.caFile, 'utf8'),
  }
}

const failing = (sent: Promise<unknown>): Promise<unknown> =>
  sent.then(
    () => 'was sent',
    (error: unknown) => error,
  )

test('one mail tells all who are on duty', async () => {
  const { mails } = await start()
  await expect(channel().send(notification(1, { to: [LI, WANG, LI] }), never)).resolves.toEqual({ state: 'sent' })
  expect(mails).toHaveLength(1)
  expect(mails[0]).toMatchObject({ from: 'outpost@example.org', to: ['li@example.org', 'wang@example.org'] })
  expect(mails[0]?.data).toContain('Message-ID: <gateway-1-n1@example.org>\r\n')
  expect(mails[0]?.data).not.toContain('In-Reply-To')
})

test('a mail that follows names those before it', async () => {
  const { mails } = await start()
  const earlier = [notification(1), notification(2)]
  await channel().send(notification(3, { to: [LI], purpose: 'update', earlier }), never)
  expect(mails[0]?.data).toContain('In-Reply-To: <gateway-1-n2@example.org>\r\n')
  expect(mails[0]?.data).toContain('References: <gateway-1-n1@example.org>\r\n <gateway-1-n2@example.org>\r\n')
})

describe('under TLS', () => {
  test.each(['starttls', 'tls'] as const)('%s: the account and the mail go under it', async (security) => {
    const { certificate: own, ca } = certificate()
    const { mails, lines, port } = await start({
      ...{
        certificate: own,
        tls: security === 'tls',
        account: `outpost:${PASSWORD}`,
        extensions: ['AUTH LOGIN PLAIN'],
      },
    })
    const account = { username: 'outpost', password: PASSWORD }
    const mail = channel({ account, endpoint: { host: 'localhost', port, security, ca } })
    await expect(mail.send(notification(1, { to: [LI] }), never)).resolves.toEqual({ state: 'sent' })
    expect(mails[0]?.isSecured).toBe(true)
    expect(lines.filter((line) => line.startsWith('EHLO'))).toHaveLength(security === 'tls' ? 1 : 2)
  })

  test('a certificate of nobody is refused, and nothing is said', async () => {
    const { port, lines } = await start({ certificate: certificate().certificate })
    const error = await failing(
      channel({ endpoint: { host: 'localhost', port, security: 'starttls' } }).send(
        notification(1, { to: [LI] }),
        never,
      ),
    )
    expect(error).toMatchObject({ failure: 'refused' })
    expect(lines.filter((line) => /^(MAIL|AUTH)/.test(line))).toEqual([])
  })

  test('a server that does not offer it gets nothing', async () => {
    const { port, lines } = await start()
    const error = await failing(
      channel({ endpoint: { host: '127.0.0.1', port, security: 'starttls' } }).send(
        notification(1, { to: [LI] }),
        never,
      ),
    )
    expect(error).toMatchObject({
      failure: 'refused',
      message: expect.stringMatching(/STARTTLS: the server does not offer it/),
    })
    expect(lines).toHaveLength(1)
  })

  test('what was put behind the reply to STARTTLS ends it', async () => {
    const own = await start({ certificate: certificate().certificate })
    own.interrupt = (line) => (line === 'STARTTLS' ? '220 go\r\n250 injected' : undefined)
    const error = await failing(
      channel({ endpoint: { host: 'localhost', port: own.port, security: 'starttls' } }).send(
        notification(1, { to: [LI] }),
        never,
      ),
    )
    expect(String(error)).toMatch(/more than its reply to STARTTLS|before it was asked/)
  })
})

describe('an account', () => {
  const account = { username: 'outpost', password: PASSWORD }
  const known = { account: `outpost:${PASSWORD}` }

  test('is not told in the open', async () => {
    const { lines } = await start({ ...known, extensions: ['AUTH PLAIN'] })
    const error = await failing(channel({ account }).send(notification(1, { to: [LI] }), never))
    expect(error).toMatchObject({ failure: 'refused', message: expect.stringMatching(/password would go in the open/) })
    expect(lines.some((line) => line.startsWith('AUTH'))).toBe(false)
  })

  test.each(['AUTH PLAIN LOGIN', 'AUTH LOGIN', 'AUTH=LOGIN'])(
    'is told where that is wished for, over %s',
    async (offer) => {
      const { mails } = await start({ ...known, extensions: [offer] })
      await channel({ account, passwordInTheOpen: true }).send(notification(1, { to: [LI] }), never)
      expect(mails).toHaveLength(1)
    },
  )

  test('that is wrong must be mended by a person; the password is in no message', async () => {
    const own = await start({ account: 'outpost:other', extensions: ['AUTH PLAIN'] })
    own.interrupt = (line) => (line.startsWith('AUTH') ? `535 no: ${line} ${PASSWORD}` : undefined)
    const error = await failing(
      channel({ account, passwordInTheOpen: true }).send(notification(1, { to: [LI] }), never),
    )
    expect(error).toMatchObject({ failure: 'refused' })
    expect(String(error)).not.toContain(PASSWORD)
    expect(String(error)).not.toContain(Buffer.from(`\0outpost\0${PASSWORD}`).toString('base64'))
  })

  test('needs a way that both know', async () => {
    await start({ ...known, extensions: ['AUTH GSSAPI'] })
    const error = await failing(
      channel({ account, passwordInTheOpen: true }).send(notification(1, { to: [LI] }), never),
    )
    expect(error).toMatchObject({ failure: 'refused', message: expect.stringMatching(/got GSSAPI/) })
  })
})

describe('recipients', () => {
  test('whom the server does not know is said; the others have it', async () => {
    const own = await start()
    own.interrupt = (line) => (line.includes('wang') ? '550 5.1.1 no such user' : undefined)
    const to = [LI, WANG, person('zhao', 'not an address\r\nRCPT TO:<x>')]
    const handover = await channel().send(notification(1, { to }), never)
    expect(handover).toEqual({
      state: 'sent',
      detail: 'refused: not an address\r\nRCPT TO:<x>: is no e-mail address; wang@example.org: 550 5.1.1 no such user',
    })
    expect(own.mails[0]?.to).toEqual(['li@example.org'])
  })

  test('whom the server refuses for now is tried again, alone', async () => {
    const own = await start()
    own.interrupt = (line) => (line.includes('wang') ? '451 4.7.1 later' : undefined)
    const mail = channel()
    const told = notification(1, { to: [LI, WANG] })
    expect(await failing(mail.send(told, never))).toMatchObject({
      failure: 'busy',
      message: expect.stringMatching(/1 have it.*451/),
    })
    own.interrupt = () => undefined
    await expect(mail.send(told, never)).resolves.toEqual({ state: 'sent' })
    expect(own.mails.map(({ to }) => to)).toEqual([['li@example.org'], ['wang@example.org']])
  })

  test('that are all unknown make the mail unacceptable', async () => {
    const own = await start()
    own.interrupt = (line) => (line.startsWith('RCPT') ? '550 no' : undefined)
    expect(await failing(channel().send(notification(1, { to: [LI] }), never))).toMatchObject({
      failure: 'unacceptable',
    })
    expect(await failing(channel().send(notification(1), never))).toMatchObject({ failure: 'unacceptable' })
  })
})

describe('a server', () => {
  test.each([
    ['that is busy at once', '', '421 4.3.2 try later', 'busy'],
    ['that does not like the sender', 'MAIL', '553 5.7.1 not yours', 'refused'],
    ['that is full', 'MAIL', '452 4.3.1 disk full', 'busy'],
    ['that goes away in between', 'RCPT', '421 bye', 'busy'],
    ['that does not take this mail', '.', '552 5.3.4 too big', 'unacceptable'],
    ['that takes it later', '.', '451 4.3.0 later', 'busy'],
    ['that is not one', '', 'HTTP/1.1 400 Bad Request', 'unreachable'],
    [
      'that never ends its reply',
      'MAIL',
      Array.from({ length: 3000 }, () => `250-${'x'.repeat(30)}`).join('\r\n'),
      'unreachable',
    ],
  ])('%s', async (_, at, reply, failure) => {
    const own = await start()
    own.interrupt = (line) => (line === at || (at !== '' && line.startsWith(at)) ? reply : undefined)
    expect(await failing(channel().send(notification(1, { to: [LI] }), never))).toMatchObject({ failure })
    expect(own.mails).toHaveLength(0)
  })

  test('that hangs up, or is not there, is unreachable', async () => {
    const own = await start()
    own.interrupt = (line) => (line.startsWith('RCPT') ? null : undefined)
    expect(await failing(channel().send(notification(1, { to: [LI] }), never))).toMatchObject({
      failure: 'unreachable',
    })
    await own.close()
    const gone = channel()
    server = null
    expect(await failing(gone.send(notification(1, { to: [LI] }), never))).toMatchObject({ failure: 'unreachable' })
  })

  test('that knows only HELO', async () => {
    const own = await start()
    own.interrupt = (line) => (line.startsWith('EHLO') ? '502 what?' : line.startsWith('HELO') ? '250 test' : undefined)
    await channel().send(notification(1, { to: [LI] }), never)
    expect(own.mails).toHaveLength(1)
  })

  test('that is silent does not hold a stop, nor a mail longer than its time', async () => {
    const own = await start()
    const asked = Promise.withResolvers<void>()
    own.interrupt = (line) => {
      if (!line.startsWith('MAIL')) return undefined
      asked.resolve()
      return ''
    }
    const stop = new AbortController()
    const sent = failing(channel().send(notification(1, { to: [LI] }), stop.signal))
    await asked.promise
    stop.abort(new Error('stopping'))
    expect(await sent).toMatchObject({ message: 'stopping' })
    own.interrupt = (line) => (line.startsWith('MAIL') ? '250-' : undefined)
    expect(await failing(channel({ timeoutMs: 100 }).send(notification(1, { to: [LI] }), never))).toMatchObject({
      ...{ failure: 'unreachable', message: expect.stringMatching(/no answer within 100 ms/) },
    })
  })
})
