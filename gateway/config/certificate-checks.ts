/** Certificates and keys of listeners: what is wrong with them would stop a gateway that was told it is valid. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TlsFilesConfig } from './broker-config.ts'
import type { ConfigPath, Report } from './report.ts'

const SOON_MS = 14 * 24 * 60 * 60_000

export interface CertificateReports {
  readonly report: Report
  /** For what works, but not for long, or not for everyone. */
  readonly advise: Report
  /** Milliseconds since 1970. */
  readonly now: number
}

export function checkCertificates(
  { certFile, keyFile, clientCertificates }: TlsFilesConfig,
  { path, report, advise, now }: CertificateReports & { readonly path: ConfigPath },
): void {
  const certificate = readAs([...path, 'certFile'], {
    file: certFile,
    what: 'a certificate (PEM)',
    parse: certificateOf,
    report,
  })
  const key = readAs([...path, 'keyFile'], {
    file: keyFile,
    what: 'a private key (PEM) without a password',
    parse: createPrivateKey,
    report,
  })
  if (certificate !== null && key !== null && !certificate.checkPrivateKey(key)) {
    report([...path, 'keyFile'], `expected the key of the certificate "${certFile}", got another one in "${keyFile}"`)
  }
  if (certificate !== null) adviseOnTime([...path, 'certFile'], { certificate, advise, now })
  if (clientCertificates === undefined) return
  const at = [...path, 'clientCertificates', 'caFile']
  const what = 'the certificate of an authority (PEM)'
  const authority = readAs(at, { file: clientCertificates.caFile, what, parse: certificateOf, report })
  if (authority?.ca === false) {
    report(at, `expected ${what}, got one of a server or a client in "${clientCertificates.caFile}"`)
  }
  if (authority !== null) adviseOnTime(at, { certificate: authority, advise, now })
}

function readAs<T>(
  path: ConfigPath,
  { file, what, parse, report }: { file: string; what: string; parse: (bytes: Buffer) => T; report: Report },
): T | null {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const isMissing = (error as { code?: unknown }).code === 'ENOENT'
    report(
      path,
      `expected a file, got "${file}", which ${isMissing ? 'is not there' : `cannot be read: ${(error as Error).message}`}`,
    )
    return null
  }
  try {
    return parse(bytes)
  } catch {
    report(path, `expected ${what}, got something else in "${file}"`)
    return null
  }
}

function certificateOf(bytes: Buffer): X509Certificate {
  return new X509Certificate(bytes)
}

/** The clock of this machine may be the one that is wrong, so none of this stops a gateway. */
function adviseOnTime(
  path: ConfigPath,
  { certificate, advise, now }: { certificate: X509Certificate; advise: Report; now: number },
): void {
  const { validFromDate, validToDate } = certificate
  if (now < validFromDate.getTime()) advise(path, `the certificate is valid only from ${validFromDate.toISOString()}`)
  else if (now > validToDate.getTime()) advise(path, `the certificate was valid until ${validToDate.toISOString()}`)
  else if (now > validToDate.getTime() - SOON_MS) {
    advise(path, `the certificate is valid only until ${validToDate.toISOString()}`)
  }
}
