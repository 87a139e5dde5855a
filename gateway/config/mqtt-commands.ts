/** Commands that come over MQTT: who may send them has to be said in so many words. */
import { type Static, Type } from 'typebox'
import { suggestion } from '../../device-profiles/suggestion.ts'
import type { Report } from './report.ts'

const strict = { additionalProperties: false } as const

const Senders = Type.Union([
  /** These users of the embedded broker. */
  Type.Object(
    { type: Type.Literal('users'), users: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }) },
    strict,
  ),
  /** Whoever reaches the embedded broker, which then lets in this machine only. */
  Type.Object({ type: Type.Literal('anyone-on-loopback') }, strict),
  /** Whoever may publish there: an outside broker does not tell who that was. */
  Type.Object({ type: Type.Literal('whom-the-broker-allows') }, strict),
])

export const CommandsSection = Type.Object(
  {
    /** None are taken if absent. */
    mqtt: Type.Optional(
      Type.Object(
        {
          /** `embedded`, or the id of an outside broker. */
          broker: Type.String({ minLength: 1, maxLength: 64 }),
          from: Senders,
        },
        strict,
      ),
    ),
  },
  strict,
)

export type MqttCommandsConfig = NonNullable<Static<typeof CommandsSection>['mqtt']>

interface Checked {
  readonly commands?: Static<typeof CommandsSection>
  readonly broker?: {
    readonly authentication: { readonly type: string; readonly users?: readonly { readonly name: string }[] }
  }
  readonly brokers?: readonly { readonly id: string }[]
}

const AT = ['commands', 'mqtt']

export function checkMqttCommands({ commands, broker, brokers = [] }: Checked, report: Report): void {
  const mqtt = commands?.mqtt
  if (mqtt === undefined) return
  if (mqtt.broker !== 'embedded') checkOutside(mqtt, { ids: brokers.map(({ id }) => id), report })
  else if (broker === undefined) {
    report([...AT, 'broker'], 'expected a section "broker" for the embedded broker, got none')
  } else checkEmbedded(mqtt, { authentication: broker.authentication, report })
}

function checkOutside(
  { broker, from }: MqttCommandsConfig,
  { ids, report }: { readonly ids: readonly string[]; readonly report: Report },
): void {
  if (!ids.includes(broker)) {
    const has = ids.length === 0 ? '; there are no brokers in this file' : `; there are: ${ids.join(', ')}`
    report(
      [...AT, 'broker'],
      `expected "embedded" or the id of an outside broker, got "${broker}"${suggestion(broker, ids) || has}`,
    )
  } else if (from.type !== 'whom-the-broker-allows') {
    report(
      [...AT, 'from', 'type'],
      `expected whom-the-broker-allows, because "${broker}" is an outside broker, which does not tell who published; got "${from.type}"`,
    )
  }
}

function checkEmbedded(
  { from }: MqttCommandsConfig,
  {
    authentication,
    report,
  }: { readonly authentication: NonNullable<Checked['broker']>['authentication']; readonly report: Report },
): void {
  const wanted = authentication.type === 'users' ? 'users' : 'anyone-on-loopback'
  if (from.type !== wanted) {
    report(
      [...AT, 'from', 'type'],
      `expected ${wanted}, because broker.authentication is ${authentication.type}; got "${from.type}"`,
    )
    return
  }
  if (from.type !== 'users') return
  const names = (authentication.users ?? []).map(({ name }) => name)
  for (const [index, name] of from.users.entries()) {
    if (names.includes(name)) continue
    const has = suggestion(name, names) || `; there are: ${names.join(', ')}`
    report([...AT, 'from', 'users', index], `expected a user of the embedded broker, got "${name}"${has}`)
  }
}
