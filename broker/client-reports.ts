/** Says what is wrong with clients: as whom they came, from where, and each of them once. */
import type { Client } from 'aedes'
import { ClientTroubles } from './client-troubles.ts'
import type { Log } from './log.ts'
import { type RefusalReason, reasonOf } from './refusal.ts'

export interface Trouble {
  readonly reason: RefusalReason
  readonly detail: string
}

export interface ReportedPeer {
  readonly address: string
  readonly clientId: string | null
  readonly username: string
}

export class ClientReports {
  readonly #troubles: ClientTroubles
  readonly #peerOf: (client: Client) => ReportedPeer | undefined
  /** Several errors may follow from one; only the first of a client is its trouble. */
  readonly #reported = new WeakSet<Client>()
  #silent = false

  constructor(log: Log, peerOf: (client: Client) => ReportedPeer | undefined) {
    this.#troubles = new ClientTroubles(log)
    this.#peerOf = peerOf
  }

  counts(): Readonly<Partial<Record<RefusalReason, number>>> {
    return this.#troubles.counts()
  }

  /** What the end of the broker does to its clients is not their trouble. */
  silence(): void {
    this.#silent = true
  }

  /** The end of a connection. */
  readonly ended = (client: Client, error: Error): void => {
    if (this.#silent || this.#reported.has(client)) return
    this.#reported.add(client)
    // A client that left before its acknowledgement is no trouble: it will deliver again.
    if (error.message === 'connection closed') return
    this.record(client, { reason: reasonOf(error), detail: error.message })
  }

  record(client: Client, trouble: Trouble): void {
    const { address = 'unknown', clientId = null, username = '' } = this.#peerOf(client) ?? {}
    const user = username === '' ? {} : { username }
    this.#troubles.record({ address, clientId, ...user, ...trouble }, performance.now())
  }

  /** A connection that did not come so far as to be a client. */
  recordConnection(trouble: Trouble & { readonly address: string }): void {
    this.#troubles.record({ clientId: null, ...trouble }, performance.now())
  }
}
