/**
 * Decides who is let in, and keeps what is known of each client.
 *
 * A session belongs to a user: inside the broker a client's identifier stands behind its user's name. So no user can
 * take over the session of another, or throw its client out, by connecting under the same identifier.
 */
import type { AedesOptions, Client } from 'aedes'
import { Access, type Admission, type Authentication } from './access.ts'
import type { Connection } from './listeners.ts'
import { Refusal, type RefusalReason } from './refusal.ts'
import { type Permissions, permissionsOf } from './rights.ts'

/** What is known of a client from its connection and its CONNECT packet. */
export interface Peer {
  readonly address: string
  readonly certificateNames: readonly string[]
  /** As the client says it; null before CONNECT. */
  clientId: string | null
  /** Empty for anonymous clients and before the client is let in. */
  username: string
  permissions: Permissions
}

type PreConnect = NonNullable<AedesOptions['preConnect']>
type ConnectPacket = Parameters<PreConnect>[1]
type Authenticate = NonNullable<AedesOptions['authenticate']>
type Answer = Parameters<Authenticate>[3]
/** Its return code is one that CONNACK knows. */
type ConnectRefusal = NonNullable<Parameters<Answer>[0]>
interface Introduction {
  readonly packet: ConnectPacket
  readonly clientId: string
}

/** Return codes of CONNACK [MQTT 3.2.2.3]. */
const IDENTIFIER_REJECTED = 2
const SERVER_UNAVAILABLE = 3
const BAD_CREDENTIALS = 4
const NOT_AUTHORIZED = 5
const MQTT_3_1 = 3
/** MQTT 3.1, CONNECT, "Client Identifier". */
const LONGEST_ID_OF_3_1 = 23

const NOTHING: Permissions = { mayPublish: () => false, maySubscribe: () => false }

const VERDICTS: Readonly<
  Record<(Admission & { type: 'refused' })['verdict'], { reason: RefusalReason; returnCode: number; detail: string }>
> = {
  wrong: { reason: 'authentication', returnCode: BAD_CREDENTIALS, detail: 'bad user name or password' },
  'too-many-failures': {
    reason: 'too-many-failures',
    returnCode: SERVER_UNAVAILABLE,
    detail: 'too many wrong passwords came from this address; not checked, again in a minute',
  },
  'given-up': {
    reason: 'connect-timeout',
    returnCode: SERVER_UNAVAILABLE,
    detail: 'the password could not be checked in time, because many others were to be checked',
  },
}

export interface ConnectGateOptions {
  readonly authentication: Authentication
  readonly maxClientIdBytes: number
  readonly connectTimeoutMs: number
  /** Why nobody may publish to this topic, or null. */
  readonly topicProblem: (topic: string) => string | null
}

export class ConnectGate {
  readonly #options: ConnectGateOptions
  readonly #peers = new WeakMap<Client, Peer>()
  readonly #introductions = new WeakMap<Client, Introduction>()
  #access: Access

  /** Throws where the authentication contradicts itself. */
  constructor(options: ConnectGateOptions) {
    this.#options = options
    this.#access = new Access(options.authentication)
  }

  /** Before the client has said anything. */
  attach(client: Client, { address, certificateNames }: Connection): void {
    this.#peers.set(client, { address, certificateNames, clientId: null, username: '', permissions: NOTHING })
  }

  peer(client: Client): Peer | undefined {
    return this.#peers.get(client)
  }

  /** Throws, and changes nothing, where it contradicts itself. Gives the users of which something is different now. */
  setAuthentication(authentication: Authentication): ReadonlySet<string> {
    const next = new Access(authentication)
    const changed = this.#access.changes(next)
    // With nothing changed, what was checked before need not be checked again.
    if (changed.size > 0) this.#access = next
    return changed
  }

  readonly preConnect: PreConnect = (client, packet, answer) => {
    const peer = this.#peers.get(client)
    const { clientId, username } = packet
    this.#introductions.set(client, { packet, clientId })
    if (peer !== undefined) peer.clientId = clientId
    const user = this.#access.claimedName({ username, certificateNames: peer?.certificateNames ?? [] })
    // Without an identifier aedes gives one that nobody else has [MQTT-3.1.3-6].
    if (user !== '' && clientId !== '') packet.clientId = `${encodeURIComponent(user)}/${clientId}`
    answer(null, true)
  }

  readonly authenticate: Authenticate = (client, username, password, answer) => {
    const since = performance.now()
    const isWanted = (): boolean => !client.closed && performance.now() - since < this.#options.connectTimeoutMs
    this.#judge(client, { username, password, isWanted }).then(
      (refusal) => answer(refusal as ConnectRefusal | null, refusal === null),
      (error: unknown) => {
        const refusal = new Refusal('authentication', String(error), { returnCode: SERVER_UNAVAILABLE })
        answer(refusal as ConnectRefusal, false)
      },
    )
  }

  async #judge(
    client: Client,
    credentials: {
      readonly username: string | undefined
      readonly password: Uint8Array | undefined
      readonly isWanted: () => boolean
    },
  ): Promise<Refusal | null> {
    const peer = this.#peers.get(client)
    const introduction = this.#introductions.get(client)
    this.#introductions.delete(client)
    if (peer === undefined || introduction === undefined) throw new Error('the connection is not known')
    const { packet, clientId } = introduction
    const idProblem = this.#idProblem(packet, clientId)
    if (idProblem !== null) return new Refusal('client-id', idProblem, { returnCode: IDENTIFIER_REJECTED })
    const access = this.#access
    const admission = await access.admit({ ...peer, ...credentials })
    if (this.#access !== access) {
      return new Refusal('authentication', 'the users have changed meanwhile', { returnCode: SERVER_UNAVAILABLE })
    }
    if (admission.type === 'refused') {
      const { reason, detail, returnCode } = VERDICTS[admission.verdict]
      return new Refusal(reason, detail, { returnCode })
    }
    peer.username = admission.username
    peer.permissions = permissionsOf(admission.rights, { username: admission.username, clientId })
    return this.#willRefusal(packet, peer)
  }

  #idProblem({ clean, protocolVersion }: ConnectPacket, clientId: string): string | null {
    const { maxClientIdBytes } = this.#options
    if (protocolVersion === MQTT_3_1 && (clientId.length < 1 || clientId.length > LONGEST_ID_OF_3_1)) {
      return `a client identifier of MQTT 3.1 has 1 to ${LONGEST_ID_OF_3_1} characters`
    }
    // [MQTT-3.1.3-8]
    if (clientId === '' && !clean) return 'a client without an identifier must ask for a clean session'
    return Buffer.byteLength(clientId) > maxClientIdBytes
      ? `a client identifier may have at most ${maxClientIdBytes} bytes`
      : null
  }

  /** Said now, not when the client is lost and nobody can tell it. */
  #willRefusal({ will }: ConnectPacket, { permissions }: Peer): Refusal | null {
    if (will === undefined) return null
    const problem = this.#options.topicProblem(will.topic)
    if (problem !== null) return new Refusal('topic', `will: ${problem}`, { returnCode: NOT_AUTHORIZED })
    if (permissions.mayPublish(will.topic)) return null
    return new Refusal('rights', `the user may not publish its will to "${will.topic}"`, { returnCode: NOT_AUTHORIZED })
  }
}
