/** Hands one message to an SMTP server (RFC 5321), under TLS (RFC 3207) and with an account (RFC 4954) where there is one. */
import { DeliveryError } from '../../delivery-model.ts'
import { SmtpConnection, type SmtpEndpoint } from './smtp-connection.ts'
import { type SmtpStep, said, smtpError } from './smtp-failure.ts'
import type { SmtpReply } from './smtp-replies.ts'

export interface SmtpAccount {
  readonly username: string
  readonly password: string
}

export interface Submission {
  readonly endpoint: SmtpEndpoint
  readonly account: SmtpAccount | null
  /** With an account and without TLS: whether the password may go in the open. */
  readonly passwordInTheOpen: boolean
  readonly from: string
  readonly recipients: readonly string[]
  /** The message, its lines ended by CRLF. */
  readonly message: string
}

export interface Submitted {
  readonly accepted: readonly string[]
  /** Whom the server does not take, for now (4xx) or ever (5xx). */
  readonly refused: readonly { readonly address: string; readonly forNow: boolean; readonly said: string }[]
}

/** Resolves when the server has taken the message for those in `accepted`; where these are none, it took nothing. */
export async function submit(submission: Submission, signal: AbortSignal): Promise<Submitted> {
  const connection = new SmtpConnection(submission.endpoint, signal)
  try {
    const session = new SmtpSession(connection, submission)
    await session.open()
    const submitted = await session.send()
    connection.leave()
    return submitted
  } catch (error) {
    connection.close()
    throw error
  }
}

class SmtpSession {
  readonly #connection: SmtpConnection
  readonly #submission: Submission
  readonly #secrets: readonly string[]
  #extensions: ReadonlyMap<string, readonly string[]> = new Map()

  constructor(connection: SmtpConnection, submission: Submission) {
    this.#connection = connection
    this.#submission = submission
    const { account } = submission
    // A server may repeat what it was told, also as it was told.
    this.#secrets = account === null ? [] : [account.password, base64(account.password), plainCredentials(account)]
  }

  async open(): Promise<void> {
    this.#expect(await this.#connection.reply(), 'connect')
    await this.#hello()
    if (this.#submission.endpoint.security === 'starttls') await this.#secure()
    await this.#authenticate()
  }

  async send(): Promise<Submitted> {
    const { from, recipients, message } = this.#submission
    this.#expect(await this.#connection.command(`MAIL FROM:<${from}>`), 'MAIL')
    const accepted: string[] = []
    const refused: Submitted['refused'][number][] = []
    for (const address of recipients) {
      const reply = await this.#connection.command(`RCPT TO:<${address}>`)
      if (reply.code < 300) accepted.push(address)
      // 421 ends the whole session, whoever it was about (RFC 5321, 3.8).
      else if (reply.code === 421) throw this.#error(reply, 'RCPT')
      else refused.push({ address, forNow: reply.code < 500, said: said(reply, this.#secrets) })
    }
    if (accepted.length === 0) return { accepted, refused }
    this.#expect(await this.#connection.command('DATA'), 'DATA', 300)
    this.#expect(await this.#connection.write(`${stuffed(message)}.\r\n`), 'DATA')
    return { accepted, refused }
  }

  async #hello(): Promise<void> {
    const reply = await this.#connection.command(`EHLO ${this.#connection.ownName}`)
    if (reply.code >= 500) {
      this.#expect(await this.#connection.command(`HELO ${this.#connection.ownName}`), 'connect')
      this.#extensions = new Map()
      return
    }
    this.#expect(reply, 'connect')
    const words = reply.lines.slice(1).map((line) => line.toUpperCase().split(/[ =]/))
    this.#extensions = new Map(words.map(([keyword = '', ...parameters]) => [keyword, parameters]))
  }

  /** Never without it where it was asked for: who strips the offer from the greeting would read everything. */
  async #secure(): Promise<void> {
    if (!this.#extensions.has('STARTTLS')) {
      throw new DeliveryError('refused', 'STARTTLS: the server does not offer it; see security of the channel')
    }
    this.#expect(await this.#connection.command('STARTTLS'), 'STARTTLS')
    await this.#connection.startTls()
    // What was offered in the open does not count (RFC 3207, 4.2).
    await this.#hello()
  }

  async #authenticate(): Promise<void> {
    const { account, endpoint, passwordInTheOpen } = this.#submission
    if (account === null) return
    if (endpoint.security === 'none' && !passwordInTheOpen) {
      throw new DeliveryError('refused', 'AUTH: the password would go in the open; see security of the channel')
    }
    const mechanisms = this.#extensions.get('AUTH') ?? []
    if (mechanisms.includes('PLAIN')) {
      this.#expect(await this.#connection.command(`AUTH PLAIN ${plainCredentials(account)}`), 'AUTH')
    } else if (mechanisms.includes('LOGIN')) {
      this.#expect(await this.#connection.command('AUTH LOGIN'), 'AUTH', 300)
      this.#expect(await this.#connection.command(base64(account.username)), 'AUTH', 300)
      this.#expect(await this.#connection.command(base64(account.password)), 'AUTH')
    } else {
      const offered = mechanisms.length === 0 ? 'none' : mechanisms.join(', ')
      throw new DeliveryError('refused', `AUTH: expected PLAIN or LOGIN to be offered, got ${offered}`)
    }
  }

  #expect(reply: SmtpReply, step: SmtpStep, from: 200 | 300 = 200): void {
    if (reply.code < from || reply.code >= from + 100) throw this.#error(reply, step)
  }

  #error(reply: SmtpReply, step: SmtpStep): DeliveryError {
    return smtpError(reply, { step, secrets: this.#secrets })
  }
}

/** A line that begins with a dot gets another one (RFC 5321, 4.5.2). */
function stuffed(message: string): string {
  return message.replace(/^\./gm, '..')
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

function plainCredentials({ username, password }: SmtpAccount): string {
  return base64(`\0${username}\0${password}`)
}
