/**
 * Tells the people on duty by e-mail, all of them with one mail over an SMTP server. The server confirms that it has taken it; that
 * somebody reads it, nobody can say.
 *
 * Whom the server refuses is said in the handover. Whom it refuses for now is tried again, and those who have the mail already do not
 * get it twice, unless the gateway was restarted in between: then the mail has the same Message-ID.
 */
import { DeliveryError } from '../delivery-model.ts'
import type { Addressee, Channel, Handover, Notification } from '../dispatch-model.ts'
import { withDeadline } from '../sinks/deadline.ts'
import { networkReason } from '../sinks/http-answer.ts'
import { mailAddress } from './mail/mail-address.ts'
import { type MailOptions, mailOf } from './mail/mail-text.ts'
import { type Mailbox, mimeMessage } from './mail/mime-message.ts'
import type { SmtpEndpoint } from './mail/smtp-connection.ts'
import type { SmtpAccount } from './mail/smtp-submission.ts'
import { type Submitted, submit } from './mail/smtp-submission.ts'

export interface EmailChannelOptions extends MailOptions {
  readonly id: string
  readonly endpoint: SmtpEndpoint
  readonly account: SmtpAccount | null
  readonly passwordInTheOpen: boolean
  /** For one mail, from connecting to the server's confirmation, in ms. Default 30 s. */
  readonly timeoutMs?: number
}

/** Connections at a time. */
const AT_ONCE = 4
/** Of mails that only some have got so far. */
const MOST_REMEMBERED = 1000
/** Errors of TLS about the certificate: a person must mend it. */
const CERTIFICATE = /^(ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_)/

type Refused = Submitted['refused']

export function createEmailChannel(options: EmailChannelOptions): Channel {
  return new EmailChannel(options)
}

class EmailChannel implements Channel {
  readonly id: string
  readonly atOnce = AT_ONCE
  readonly #options: EmailChannelOptions
  /** By notification: who has it, while others are tried again. */
  readonly #partly = new Map<string, ReadonlySet<string>>()

  constructor(options: EmailChannelOptions) {
    this.id = options.id
    this.#options = options
  }

  async send(notification: Notification, signal: AbortSignal): Promise<Handover> {
    const { valid, unusable } = mailboxesOf(notification)
    const before = this.#partly.get(notification.id) ?? new Set()
    const recipients = [...valid.keys()].filter((address) => !before.has(address))
    const message = mimeMessage(mailOf(notification, [...valid.values()], this.#options))
    const { accepted, refused } = await this.#submit({ recipients, message }, signal)
    return this.#judge(notification.id, { has: new Set([...before, ...accepted]), refused: [...unusable, ...refused] })
  }

  async #submit(
    mail: { readonly recipients: readonly string[]; readonly message: string },
    signal: AbortSignal,
  ): Promise<Submitted> {
    if (mail.recipients.length === 0) return { accepted: [], refused: [] }
    const { endpoint, account, passwordInTheOpen, from, timeoutMs } = this.#options
    const submission = { endpoint, account, passwordInTheOpen, from: from.address, ...mail }
    const where = `${endpoint.host}:${endpoint.port}`
    try {
      return await withDeadline({ signal, ms: timeoutMs ?? 30_000 }, (limit) => submit(submission, limit))
    } catch (error) {
      signal.throwIfAborted()
      const { failure, message } = failureOf(error)
      throw new DeliveryError(failure, `${where}: ${message}`, { cause: error })
    }
  }

  #judge(id: string, { has, refused }: { readonly has: ReadonlySet<string>; readonly refused: Refused }): Handover {
    this.#partly.delete(id)
    const detail = refused.map(({ address, said }) => `${address}: ${said}`).join('; ')
    if (refused.some(({ forNow }) => forNow)) {
      if (has.size > 0) this.#remember(id, has)
      throw new DeliveryError('busy', `${has.size} have it; refused for now or ever: ${detail}`)
    }
    if (has.size > 0) return { state: 'sent', ...(detail !== '' && { detail: `refused: ${detail}` }) }
    throw new DeliveryError('unacceptable', detail === '' ? 'nobody on duty has an address here' : detail)
  }

  #remember(id: string, has: ReadonlySet<string>): void {
    this.#partly.set(id, has)
    for (const oldest of this.#partly.keys()) {
      if (this.#partly.size <= MOST_REMEMBERED) break
      this.#partly.delete(oldest)
    }
  }
}

/** By address, each once. */
function mailboxesOf({ to }: { readonly to: readonly Addressee[] }) {
  const valid = new Map<string, Mailbox>()
  const unusable: Refused[number][] = []
  for (const { name, address: given } of to) {
    const address = mailAddress(given)
    if (address !== null) valid.set(address, { name, address })
    else unusable.push({ address: given.slice(0, 100), forNow: false, said: 'is no e-mail address' })
  }
  return { valid, unusable }
}

function failureOf(error: unknown): Pick<DeliveryError, 'failure' | 'message'> {
  if (error instanceof DeliveryError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return { failure: CERTIFICATE.test(code) ? 'refused' : 'unreachable', message: networkReason(error) }
}
