/** spBv1.0/group/type/node[/device] (Sparkplug 3.0, chapter 4). */
export type SparkplugType = 'NBIRTH' | 'NDEATH' | 'NDATA' | 'DBIRTH' | 'DDEATH' | 'DDATA'

export interface SparkplugTopic {
  readonly group: string
  readonly type: SparkplugType
  readonly node: string
  /** Null for messages of the edge node itself. */
  readonly device: string | null
}

const NODE_TYPES: readonly string[] = ['NBIRTH', 'NDEATH', 'NDATA']
const DEVICE_TYPES: readonly string[] = ['DBIRTH', 'DDEATH', 'DDATA']

/** Null for commands, and for what is no topic of an edge node. */
export function parseSparkplugTopic(topic: string): SparkplugTopic | null {
  const [namespace, group, type = '', node, device = null, ...rest] = topic.split('/')
  if (namespace !== 'spBv1.0' || group === undefined || node === undefined || rest.length > 0) return null
  const known = device === null ? NODE_TYPES : DEVICE_TYPES
  return known.includes(type) ? { group, type: type as SparkplugType, node, device } : null
}

export function nodeCommandTopic({ group, node }: Pick<SparkplugTopic, 'group' | 'node'>): string {
  return `spBv1.0/${group}/NCMD/${node}`
}
