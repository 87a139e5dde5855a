/** Certificates and keys of a listener, read from their files. */
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions, type TLSSocket, type TlsOptions } from 'node:tls'
import type { TlsFiles } from './listener-options.ts'
import { Refusal } from './refusal.ts'

/** Throws where a file cannot be read or its content cannot be used, and names the file. */
export function readTlsFiles(files: TlsFiles): SecureContextOptions {
  const { certFile, keyFile, clientCertificates } = files
  const options: SecureContextOptions = {
    cert: read('certFile', certFile),
    key: read('keyFile', keyFile),
    ...(clientCertificates && { ca: read('caFile', clientCertificates.caFile) }),
    // RFC 8996: earlier versions are not to be used.
    minVersion: 'TLSv1.2',
  }
  try {
    createSecureContext(options)
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    const named = [certFile, keyFile, ...(clientCertificates ? [clientCertificates.caFile] : [])].join(', ')
    throw new Error(`${detail}; expected a certificate, its key and PEM files, in: ${named}`, { cause })
  }
  return options
}

/** Node would drop who has no good certificate without a word; `clientNames` says what is wrong. */
export function clientCertificateOptions({ clientCertificates }: TlsFiles): TlsOptions {
  return clientCertificates === undefined ? {} : { requestCert: true, rejectUnauthorized: false }
}

function read(key: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new Error(`${key} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/**
 * The names that a client's certificate proves: its common name and its DNS names; empty where there is none. Throws
 * where it has to have one, or has one that is out of date or that no known authority has signed.
 */
export function clientNames(socket: TLSSocket, { clientCertificates }: TlsFiles): readonly string[] {
  if (clientCertificates === undefined) return []
  const certificate = socket.getPeerCertificate()
  // An empty object stands for none.
  if (certificate.raw === undefined) {
    if (clientCertificates.required) throw new Refusal('tls', 'the client has no certificate, and must have one')
    return []
  }
  if (!socket.authorized) {
    throw new Refusal('tls', `the certificate of the client is not accepted: ${String(socket.authorizationError)}`)
  }
  const { CN } = certificate.subject
  // Node puts names with special characters into quotes; such names identify nobody here.
  const alternatives = (certificate.subjectaltname ?? '').includes('"') ? '' : (certificate.subjectaltname ?? '')
  const dnsNames = alternatives.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4)] : []))
  return [...(typeof CN === 'string' ? [CN] : []), ...dnsNames]
}
