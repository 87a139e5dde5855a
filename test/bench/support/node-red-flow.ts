/** The job as a flow: MQTT in, a threshold, InfluxDB out. */

export interface FlowPlan {
  readonly mqttPort: number
  readonly influxPort: number
  readonly database: string
  /** Messages of one write; 1: the plain InfluxDB node, which writes each by itself. */
  readonly perWrite: number
}

const FLOW = 'flow'
/** A node without coordinates is taken for a part of the configuration. */
const PLACE = { z: FLOW, x: 100, y: 100 }

/** What both flows do with a message; those beyond the threshold leave by the second output. */
const CHECK = `
const { pressure, time } = msg.payload
const point = { measurement: 'reading', fields: { value: pressure }, tags: { device: msg.topic.split('/')[2], point: 'pressure' } }
const out = PLAIN
  ? { payload: [[{ ...point.fields, time: new Date(time) }, point.tags]] }
  : { payload: { ...point, timestamp: new Date(time) } }
return pressure < 1000 ? [out, { payload: msg.topic + ' is low' }] : [out, null]`

export function flowOf({ mqttPort, influxPort, database, perWrite }: FlowPlan): readonly object[] {
  const isPlain = perWrite === 1
  const common = [
    { id: FLOW, type: 'tab', label: 'job' },
    {
      ...{ id: 'broker', type: 'mqtt-broker', broker: '127.0.0.1', port: `${mqttPort}`, clientid: 'node-red' },
      ...{ autoConnect: true, usetls: false, protocolVersion: '4', keepalive: '60', cleansession: false },
    },
    {
      ...{ id: 'server', type: 'influxdb', hostname: '127.0.0.1', port: `${influxPort}`, protocol: 'http' },
      ...{ database, usetls: false, influxdbVersion: '1.x' },
    },
    {
      ...{ id: 'in', ...PLACE, type: 'mqtt in', topic: 'outpost/extinguisher/+', qos: '1', datatype: 'json' },
      ...{ broker: 'broker', inputs: 0, wires: [['check']] },
    },
    {
      ...{ id: 'check', ...PLACE, type: 'function', outputs: 2, func: CHECK.replace('PLAIN', `${isPlain}`) },
      ...{ libs: [], wires: [[isPlain ? 'out' : 'gather'], []] },
    },
  ]
  if (isPlain) {
    const out = { id: 'out', ...PLACE, type: 'influxdb out', influxdb: 'server', precision: 'ms' }
    return [...common, { ...out, measurement: 'reading', wires: [] }]
  }
  return [
    ...common,
    {
      ...{ id: 'gather', ...PLACE, type: 'join', mode: 'custom', build: 'array' },
      ...{ property: 'payload', propertyType: 'msg' },
      ...{ key: 'topic', joiner: '\\n', joinerType: 'str', accumulate: false, timeout: '', count: `${perWrite}` },
      wires: [['out']],
    },
    { id: 'out', ...PLACE, type: 'influxdb batch', influxdb: 'server', precision: 'ms', wires: [] },
  ]
}
