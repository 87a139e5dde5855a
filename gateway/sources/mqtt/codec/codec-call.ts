/** What a maker's codec is asked, and what it answers. */

/**
 * The entry points that makers write: the LoRaWAN Alliance's codec API (ChirpStack v4, The Things Stack v3), ChirpStack v3's,
 * and that of The Things Network v2.
 */
export type CodecApi = 'lorawan' | 'chirpstack-v3' | 'ttn-v2'

export interface CodecCall {
  /** The script as its maker wrote it. */
  readonly source: string
  /** What errors call it. */
  readonly fileName: string
  readonly api: CodecApi
  readonly bytes: Uint8Array
  readonly fPort: number
  /** Milliseconds since 1970. */
  readonly receivedAt: number
}

export type CodecAnswer =
  /** What the entry point returned, as JSON. */
  | { readonly json: string }
  /** Why it returned nothing that can be used. */
  | { readonly problem: string }
