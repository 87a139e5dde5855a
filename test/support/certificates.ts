/** X.509 certificates for tests [RFC 5280], made in the process: for servers on 127.0.0.1 and for clients. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

interface Content {
  readonly subject: string
  readonly key: KeyObject
  readonly isAuthority?: boolean
  readonly dnsNames?: readonly string[]
  readonly validDays?: number
}

const DAY_MS = 86_400_000

/** A certificate authority; its files end with the test in which it is made. */
export class Authority {
  readonly caFile: string
  readonly #folder: string
  readonly #name: string
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  #serial = 0

  constructor(name = 'authority') {
    this.#name = name
    this.#folder = mkdtempSync(join(tmpdir(), 'outpost-certificates-'))
    onTestFinished(() => rmSync(this.#folder, { recursive: true, force: true }))
    this.caFile = this.#write(
      'ca.pem',
      this.#certificate({ subject: name, key: this.#keys.publicKey, isAuthority: true }),
    )
  }

  /** `validDays` below 0: out of date. */
  issue(
    commonName: string,
    options: { readonly dnsNames?: readonly string[]; readonly validDays?: number } = {},
  ): CertificateFiles {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const certificate = this.#certificate({ subject: commonName, key: publicKey, ...options })
    const name = `${this.#serial}`
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    return { certFile: this.#write(`${name}.pem`, certificate), keyFile: this.#write(`${name}-key.pem`, key) }
  }

  #certificate(content: Content): string {
    const algorithm = sequence(oid('2a8648ce3d040302'))
    const { subject, key, validDays = 2 } = content
    const validity = sequence(time(Date.now() - 10 * DAY_MS), time(Date.now() + validDays * DAY_MS))
    const content3 = tlv(0xa3, sequence(...extensions(content)))
    const version = tlv(0xa0, tlv(0x02, Buffer.from([2])))
    const serial = tlv(0x02, Buffer.from([1, ++this.#serial]))
    const publicKey = key.export({ type: 'spki', format: 'der' })
    const names = [nameOf(this.#name), validity, nameOf(subject)]
    const signed = sequence(version, serial, algorithm, ...names, publicKey, content3)
    const signature = sign('sha256', signed, this.#keys.privateKey)
    const der = sequence(signed, algorithm, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])))
    // Signatures differ in length: a replacement after every 64 characters would now and then leave an empty line.
    const lines =
      der
        .toString('base64')
        .match(/.{1,64}/g)
        ?.join('\n') ?? ''
    return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
  }

  #write(name: string, text: string): string {
    const path = join(this.#folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
}

function extensions({ isAuthority = false, dnsNames = [] }: Content): readonly Buffer[] {
  const isTrue = tlv(0x01, Buffer.from([0xff]))
  if (isAuthority) return [sequence(oid('551d13'), isTrue, tlv(0x04, sequence(isTrue)))]
  const names = [tlv(0x87, Buffer.from([127, 0, 0, 1])), ...dnsNames.map((name) => tlv(0x82, Buffer.from(name)))]
  return [sequence(oid('551d11'), tlv(0x04, sequence(...names)))]
}

function nameOf(commonName: string): Buffer {
  return sequence(tlv(0x31, sequence(oid('550403'), tlv(0x0c, Buffer.from(commonName)))))
}

function time(ms: number): Buffer {
  return tlv(
    0x17,
    Buffer.from(
      `${new Date(ms)
        .toISOString()
        .replaceAll(/[-:T]|\.\d+/g, '')
        .slice(2)}`,
    ),
  )
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts))
}

/** Distinguished encoding rules: tag, length, value. */
function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value
  const long = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...long]), value])
}
