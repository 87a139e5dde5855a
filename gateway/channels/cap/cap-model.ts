/** A message of the Common Alerting Protocol 1.2 (OASIS, 2010) as data. Names and order are those of the standard. */

export type CapStatus = 'Actual' | 'Exercise' | 'System' | 'Test' | 'Draft'
export type CapMessageType = 'Alert' | 'Update' | 'Cancel' | 'Ack' | 'Error'
export type CapScope = 'Public' | 'Restricted' | 'Private'
export type CapCategory =
  | 'Geo'
  | 'Met'
  | 'Safety'
  | 'Security'
  | 'Rescue'
  | 'Fire'
  | 'Health'
  | 'Env'
  | 'Transport'
  | 'Infra'
  | 'CBRNE'
  | 'Other'
export type CapResponse = 'Execute' | 'Monitor' | 'Assess' | 'AllClear'
export type CapUrgency = 'Immediate' | 'Expected' | 'Future' | 'Past' | 'Unknown'
export type CapSeverity = 'Extreme' | 'Severe' | 'Moderate' | 'Minor' | 'Unknown'
export type CapCertainty = 'Observed' | 'Likely' | 'Possible' | 'Unlikely' | 'Unknown'

/** Names one message: `sender,identifier,sent`. */
export interface CapReference {
  readonly sender: string
  readonly identifier: string
  readonly sent: string
}

export interface CapNamedValue {
  readonly valueName: string
  readonly value: string
}

export interface CapArea {
  readonly areaDesc: string
  /** `lat,lon lat,lon …`, WGS-84, the first point once more at the end. */
  readonly polygon: string | null
  /** `lat,lon radius`, WGS-84, the radius in km. */
  readonly circle: string | null
  readonly geocodes: readonly CapNamedValue[]
}

export interface CapInfo {
  readonly language: string
  readonly categories: readonly CapCategory[]
  readonly event: string
  readonly responseType: CapResponse
  readonly urgency: CapUrgency
  readonly severity: CapSeverity
  readonly certainty: CapCertainty
  readonly effective: string
  readonly onset: string | null
  readonly expires: string
  readonly senderName: string
  readonly headline: string
  readonly description: string
  readonly instruction: string
  readonly contact: string
  readonly parameters: readonly CapNamedValue[]
  readonly area: CapArea
}

/** Times as `capTime` gives them. An empty text is left out of the message. */
export interface CapAlert extends CapReference {
  readonly status: CapStatus
  readonly msgType: CapMessageType
  readonly source: string
  readonly scope: CapScope
  /** Only with the scope Restricted. */
  readonly restriction: string
  /** Needed with the scope Private. */
  readonly addresses: readonly string[]
  readonly note: string
  readonly references: readonly CapReference[]
  readonly incidents: readonly string[]
  readonly infos: readonly CapInfo[]
}
