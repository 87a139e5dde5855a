/** Certificates of the configuration, read. */
import { readFileSync } from 'node:fs'

export interface CertificateFiles {
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}

/** The PEM texts of the certificate files; nothing where none is named. */
export function tlsOptions({ caFile, certFile, keyFile }: CertificateFiles): {
  tls?: { ca?: string; cert?: string; key?: string }
} {
  if ((caFile ?? certFile) === undefined) return {}
  return {
    tls: {
      ...(caFile !== undefined && { ca: readFileSync(caFile, 'utf8') }),
      ...(certFile !== undefined && { cert: readFileSync(certFile, 'utf8') }),
      ...(keyFile !== undefined && { key: readFileSync(keyFile, 'utf8') }),
    },
  }
}
