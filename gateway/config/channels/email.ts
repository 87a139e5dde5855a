import { type Static, Type } from 'typebox'
import { Duration } from '../../../device-profiles/base-schema.ts'
import { Host, Path, Port, Secret, strict } from '../common-schema.ts'
import type { Report } from '../report.ts'
import { channelKeys } from './channel-keys.ts'

/** Of the plain sort that every server takes; a domain in other letters in its ASCII form. */
export const EMAIL = "^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"

export const EmailChannelSection = Type.Object(
  {
    ...channelKeys,
    type: Type.Literal('email'),
    /** Of the SMTP server. */
    host: Host,
    /** 465 with tls, 587 with starttls, 25 with none if absent. */
    port: Type.Optional(Port),
    /** tls from the first byte; starttls after a greeting in the open, and nothing without it; none never. */
    security: Type.Enum(['tls', 'starttls', 'none']),
    username: Type.Optional(Type.String({ minLength: 1 })),
    password: Type.Optional(Secret),
    /** Only with security: none, and only in so many words. */
    passwordInTheOpen: Type.Optional(Type.Literal('allowed')),
    from: Type.String({ pattern: EMAIL, description: 'an e-mail address' }),
    /** Of the mails; that of the gateway if absent. */
    language: Type.Optional(Type.Enum(['zh', 'en'])),
    /** For one mail; 30s if absent. */
    timeout: Type.Optional(Duration),
    caFile: Type.Optional(Path),
  },
  strict,
)

export function checkEmailChannel(section: Static<typeof EmailChannelSection>, report: Report): void {
  const { security, username, password, passwordInTheOpen, caFile } = section
  if ((username === undefined) !== (password === undefined)) {
    report([], 'expected username and password together, got only one of them')
  }
  if (password !== undefined && security === 'none' && passwordInTheOpen === undefined) {
    report(
      ['security'],
      'expected tls or starttls, because with none the password goes over the network in the open; ' +
        'where that is meant, say passwordInTheOpen: allowed',
    )
  }
  if (passwordInTheOpen !== undefined && (security !== 'none' || password === undefined)) {
    report(['passwordInTheOpen'], 'expected it only beside a password and security: none')
  }
  if (caFile !== undefined && security === 'none') {
    report(['caFile'], 'expected security: tls or starttls, because a certificate is given')
  }
}
