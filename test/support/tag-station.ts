/** What the stations of many tests are made of: extinguisher tags at the embedded broker, a store, and dispatch. */

export const TAG_PROFILE = 'outpost-ref-extinguisher-tag'

/** A device of a plan of a `GatewayProcess`, which publishes on `outpost/extinguisher/<id>`. */
export function tagDevice(id: string, more: object = {}) {
  return { id, place: '大厅', profile: TAG_PROFILE, broker: 'embedded', address: id, ...more }
}

/** For the process of the gateway where it has a sink of `dispatchSink`. */
export const DISPATCH_ENVIRONMENT = { DISPATCH_SECRET: 'known-to-both' }

export function dispatchSink(url: string, more: object = {}) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
  return { id: 'dispatch', type: 'webhook', url, secret: '${DISPATCH_SECRET}', ...more }
}

export function storeSink(url: string, more: object = {}) {
  return { id: 'store', type: 'influxdb-1', url, database: 'outpost', ...more }
}
