/** Where the broker listens and how. */
export interface TlsFiles {
  /** PEM: the certificate of this broker, then those of the authorities between it and the root. */
  readonly certFile: string
  /** PEM, without a password. */
  readonly keyFile: string
  /** Absent: clients are not asked for a certificate. */
  readonly clientCertificates?: ClientCertificates
}

export interface ClientCertificates {
  /** PEM: the authorities that sign the certificates of clients. */
  readonly caFile: string
  /** True: nobody connects without one. False: who has none needs another way to be known. */
  readonly required: boolean
}

interface Endpoint {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
}

export interface WebSocketEndpoint extends Endpoint {
  readonly type: 'websocket'
  readonly path: string
  /** Pages of these origins may connect; browsers name theirs, other clients have none. */
  readonly allowedOrigins: readonly string[]
  readonly tls?: TlsFiles
}

export type ListenerOptions =
  | (Endpoint & { readonly type: 'tcp' })
  | (Endpoint & { readonly type: 'tls'; readonly tls: TlsFiles })
  | WebSocketEndpoint
