/** `outpost report`: a duty officer reports what no sensor sees, corrects it and closes it. */
import { parseArgs } from 'node:util'
import { type Alarm, INCIDENT_TYPES, PRIORITIES, VERDICTS } from '../alarm-model.ts'
import type { ApiAnswer } from './gateway-api.ts'
import { askOne, DEFAULT_GATEWAY, GATEWAY_OPTIONS, type Question, requireGateway } from './one-question.ts'
import { UsageError } from './usage-error.ts'

export const REPORT_HELP = `outpost report: what people see and no sensor does, reported to the gateway that runs

  outpost report                                            what is open
  outpost report TYPE --place WORDS --known TEXT --by PERSON
  outpost report correct ID --by PERSON [--known TEXT] [--priority PRIORITY] [--comment TEXT]
  outpost report close ID   --by PERSON --comment TEXT [--verdict VERDICT]
  outpost report judge ID   --by PERSON --comment TEXT --verdict VERDICT     of any alarm

  TYPE             ${INCIDENT_TYPES.slice(0, 5).join(', ')},
                   ${INCIDENT_TYPES.slice(5).join(', ')}
  --place WORDS    where; or --place-id ID of a registered place
  --known TEXT     what is known: how many people, who is hurt, a number to call back
  --priority       ${PRIORITIES.join(', ')}; as such incidents usually are if absent
  --reporter NAME  who saw it or called, where it is not the one who enters it
  --exercise       in a drill: marked as an exercise
  --verdict        ${VERDICTS.join(', ')}
  --by PERSON      who enters it; it is recorded
  --gateway URL    ${DEFAULT_GATEWAY} if absent
  --json           the answer as JSON

It goes the way of every alarm, and is open until a person closes it. Acknowledge it like any other.
Where the gateway asks for a token, it is taken from the variable OUTPOST_TOKEN.
Exit codes: 0 done, 1 the gateway cannot be asked or does not take it, 2 the command line is wrong.
`

/** Gives the exit code. Throws where the command line is wrong. */
export async function reportCommand(args: readonly string[]): Promise<number> {
  const wanted = parse(args)
  if (wanted === null) {
    process.stdout.write(REPORT_HELP)
    return 0
  }
  return await askOne(wanted, { command: 'outpost report', answerText })
}

const TEXTS = ['place', 'place-id', 'known', 'priority', 'reporter', 'verdict', 'by', 'comment'] as const
type Values = Readonly<Partial<Record<(typeof TEXTS)[number], string> & { exercise: boolean }>>

function parse(args: readonly string[]): Question | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...GATEWAY_OPTIONS,
      ...(Object.fromEntries(TEXTS.map((name) => [name, { type: 'string' }])) as Record<
        (typeof TEXTS)[number],
        { type: 'string' }
      >),
      exercise: { type: 'boolean' },
    },
  })
  if (values.help) return null
  const { gateway, json } = values
  requireGateway(gateway)
  return { ...questionOf(positionals, values as Values), gateway, json }
}

function questionOf([word, id, ...more]: readonly string[], values: Values): Pick<Question, 'path' | 'body'> {
  if (word === undefined) return { path: '/api/reports?open=true', body: undefined }
  if (word === 'correct' || word === 'close' || word === 'judge') {
    if (id === undefined || more.length > 0) throw new UsageError(`"outpost report ${word}" needs exactly one id`)
    const action = word === 'judge' ? 'dispose' : word
    return { path: `/api/alarms/${encodeURIComponent(id)}/${action}`, body: changeOf(word, values) }
  }
  const type = INCIDENT_TYPES.find((known) => known === word)
  if (type === undefined) {
    throw new UsageError(`expected ${INCIDENT_TYPES.join(', ')}, correct, close or judge, got "${word}"`)
  }
  if (id !== undefined) throw new UsageError(`"outpost report ${type}" says where with --place, got "${id}"`)
  const { place, 'place-id': placeId, priority, reporter, exercise } = values
  if (place === undefined && placeId === undefined) throw new UsageError('--place or --place-id is needed: where it is')
  return {
    path: '/api/reports',
    body: defined({
      type,
      place,
      placeId,
      priority,
      reporter,
      exercise,
      known: needed(values, 'known'),
      by: needed(values, 'by'),
    }),
  }
}

function changeOf(word: 'correct' | 'close' | 'judge', values: Values): object {
  const by = needed(values, 'by')
  const { known, priority, verdict } = values
  if (word === 'correct') {
    if (known === undefined && priority === undefined)
      throw new UsageError('--known or --priority is needed: what is corrected')
    return defined({ by, known, priority, comment: values.comment })
  }
  if (word === 'judge') needed(values, 'verdict')
  return defined({ by, verdict, comment: needed(values, 'comment') })
}

function needed(values: Values, name: 'known' | 'by' | 'comment' | 'verdict'): string {
  const given = values[name]
  if (given !== undefined && given.trim() !== '') return given
  throw new UsageError(`--${name} is needed: it is recorded`)
}

function defined(body: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
}

function answerText({ body }: ApiAnswer): string {
  const answer = body as { readonly reports?: readonly Alarm[] } & Alarm
  if (answer.reports === undefined) return alarmText(answer)
  return answer.reports.map(alarmText).join('\n') || 'no report is open'
}

function alarmText({ id, state, priority, place, reason, name, disposition }: Alarm): string {
  const judged = disposition === undefined ? '' : `, judged ${disposition.verdict}`
  return `${id} is ${state}${judged}: ${name.en} (${priority}) at ${place}, ${reason.en}`
}
