/** What an SMTP server's refusal means for a delivery. Pure. */
import { DeliveryError, type DeliveryFailure } from '../../delivery-model.ts'
import { excerpt } from '../../sinks/http-answer.ts'
import type { SmtpReply } from './smtp-replies.ts'

export type SmtpStep = 'connect' | 'STARTTLS' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA'

/** 4xx is said for now, 5xx for ever (RFC 5321, 4.2.1); but where no message is at fault, a person must mend it. */
export function failureOfReply({ code }: SmtpReply, step: SmtpStep): DeliveryFailure {
  if (code < 500) return 'busy'
  return step === 'RCPT' || step === 'DATA' ? 'unacceptable' : 'refused'
}

export function smtpError(reply: SmtpReply, where: { readonly step: SmtpStep; readonly secrets: readonly string[] }) {
  return new DeliveryError(failureOfReply(reply, where.step), `${where.step}: ${said(reply, where.secrets)}`)
}

/** `550 5.1.1 no such user`, on one line and without the account. */
export function said({ code, lines }: SmtpReply, secrets: readonly string[]): string {
  return excerpt(`${code} ${lines.join(' ')}`, secrets)
}
