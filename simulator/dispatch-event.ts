/** What a dispatch layer needs of an alarm event, and the one line that people see of it. */
import { styleText } from 'node:util'
import { printable } from './printable.ts'

interface LocalText {
  readonly zh: string
  readonly en: string
}

/** The members that are used here; an event brings more. Times in ms since 1970. */
export interface DispatchedEvent {
  readonly seq: number
  readonly id: string
  readonly gateway: string
  readonly time: number
  readonly type: string
  readonly alarm: {
    readonly id: string
    readonly place: string
    readonly name: LocalText
    readonly class: string
    readonly priority: string
    readonly level: string | null
    readonly state: string
    readonly cause: { readonly value: number | string | null; readonly unit: string }
  }
}

/** The event in a body, or null where the body is none. */
export function parseEvent(body: string): DispatchedEvent | null {
  try {
    const value: unknown = JSON.parse(body)
    return isEvent(value) ? value : null
  } catch {
    return null
  }
}

function isEvent(value: unknown): value is DispatchedEvent {
  if (!isRecord(value) || !Number.isSafeInteger(value.seq) || (value.seq as number) < 1) return false
  if (!Number.isFinite(value.time) || !areTexts(value, ['id', 'gateway', 'type'])) return false
  const { alarm } = value
  if (!isRecord(alarm) || !areTexts(alarm, ['id', 'place', 'class', 'priority', 'state'])) return false
  if (alarm.level !== null && typeof alarm.level !== 'string') return false
  if (!isRecord(alarm.name) || !areTexts(alarm.name, ['zh', 'en'])) return false
  const { cause } = alarm
  return isRecord(cause) && areTexts(cause, ['unit']) && ['number', 'string', 'object'].includes(typeof cause.value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function areTexts(value: Record<string, unknown>, keys: readonly string[]): boolean {
  return keys.every((key) => typeof value[key] === 'string')
}

const PRIORITY: Readonly<Record<string, { readonly mark: string; readonly colour: Parameters<typeof styleText>[0] }>> =
  {
    urgent: { mark: '[!!!]', colour: ['red', 'bold'] },
    high: { mark: '[!! ]', colour: 'red' },
    medium: { mark: '[!  ]', colour: 'yellow' },
    low: { mark: '[.  ]', colour: 'cyan' },
  }

const TYPES: Readonly<Record<string, LocalText>> = {
  raised: { zh: '发生', en: 'raised' },
  'level-changed': { zh: '变级', en: 'level changed' },
  proposed: { zh: '建议待确认', en: 'proposed' },
  confirmed: { zh: '人工确认', en: 'confirmed by a person' },
  declined: { zh: '不采纳', en: 'declined' },
  returned: { zh: '恢复', en: 'returned' },
  acknowledged: { zh: '确认', en: 'acknowledged' },
  reset: { zh: '复位', en: 'reset' },
  removed: { zh: '停用', en: 'removed' },
  restored: { zh: '启用', en: 'restored' },
  shelved: { zh: '搁置', en: 'shelved' },
  unshelved: { zh: '取消搁置', en: 'unshelved' },
  'taken-out-of-service': { zh: '停用', en: 'out of service' },
  'returned-to-service': { zh: '恢复使用', en: 'back in service' },
  suppressed: { zh: '抑制', en: 'suppressed' },
  unsuppressed: { zh: '解除抑制', en: 'no longer suppressed' },
  commented: { zh: '备注', en: 'commented' },
  're-alarmed': { zh: '再次报警', en: 're-alarmed' },
  'reported-late': { zh: '补报', en: 'reported late' },
  corrected: { zh: '更正', en: 'corrected' },
  disposed: { zh: '判定', en: 'judged' },
}

const LEVELS: Readonly<Record<string, string>> = {
  ...{ blue: '蓝', yellow: '黄', orange: '橙', red: '红' },
  ...{ 'high-high': '高高', high: '高', low: '低', 'low-low': '低低' },
}

/** What happened is coloured by its urgency; that it is over is green. */
export function eventLine({ time, type, alarm }: DispatchedEvent, options: { readonly colours: boolean }): string {
  const { mark = '[   ]', colour = 'white' } = PRIORITY[alarm.priority] ?? {}
  const said = TYPES[type] ?? { zh: '', en: type }
  const fault = alarm.class === 'fault' ? ['故障 fault'] : []
  const level = alarm.level === null ? [] : [`${LEVELS[alarm.level] ?? ''} ${alarm.level}`]
  const what = [`${said.zh} ${said.en}`, `${alarm.name.zh} ${alarm.name.en}`, ...fault, ...level].join(' · ')
  const where = [alarm.place, ...measuredOf(alarm.cause), alarm.state].join(' · ')
  const over = !['raised', 'level-changed', 'proposed', 'confirmed'].includes(type)
  const head = printable(`${mark} ${what}`)
  const shown = options.colours ? styleText(over ? 'green' : colour, head, { validateStream: false }) : head
  return `${new Date(time).toLocaleTimeString('en-GB')} ${shown} @ ${printable(where)}`
}

function measuredOf({ value, unit }: DispatchedEvent['alarm']['cause']): readonly string[] {
  if (value === null) return []
  const text = typeof value === 'number' ? String(Number(value.toPrecision(4))) : value
  return [unit === '1' || unit === '' ? text : `${text} ${unit}`]
}
