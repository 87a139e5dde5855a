/** `outpost mode`: maintenance, drills and tests of a running gateway, and exercises of alarms. */
import { parseArgs } from 'node:util'
import { parseDuration } from '../../device-profiles/duration.ts'
import type { Alarm } from '../alarm-model.ts'
import { MODE_TYPES, type Mode, type ModeTargetType, type ModeType, TARGETS_OF } from '../mode.ts'
import type { ApiAnswer } from './gateway-api.ts'
import { askOne, DEFAULT_GATEWAY, GATEWAY_OPTIONS, type Question, requireGateway } from './one-question.ts'
import { UsageError } from './usage-error.ts'

export const MODE_HELP = `outpost mode: maintenance, drills and tests of the gateway that runs

  outpost mode                                              what is on
  outpost mode maintenance --device ID  --for 2h --by PERSON --comment WHY
  outpost mode maintenance --place NAME …, or --station ID …
  outpost mode drill       --station ID --for 30m --by PERSON --comment WHY
  outpost mode test        --point ID   --for 30m --by PERSON --comment WHY [--dispatch]
  outpost mode exercise ALARM [--level LEVEL] --by PERSON     raise an alarm as an exercise, in a drill
  outpost mode end ID --by PERSON [--comment TEXT]

  --for TIME       it ends by itself after so long: maintenance at most 24h, a drill 4h, a test 8h
  --by PERSON      who does it; it is recorded
  --comment TEXT   why
  --dispatch       of a test: what it raises is told as an alarm, marked; otherwise it is suppressed
  --gateway URL    ${DEFAULT_GATEWAY} if absent
  --json           the answer as JSON

Maintenance suppresses what is raised meanwhile; what is still active at its end is told then. Begun again, it goes on until
the new time. Where the gateway asks for a token, it is taken from the variable OUTPOST_TOKEN.
Exit codes: 0 done, 1 the gateway cannot be asked or does not take it, 2 the command line is wrong.
`

/** Gives the exit code. Throws where the command line is wrong. */
export async function modeCommand(args: readonly string[]): Promise<number> {
  const wanted = parse(args)
  if (wanted === null) {
    process.stdout.write(MODE_HELP)
    return 0
  }
  return await askOne(wanted, { command: 'outpost mode', answerText })
}

function parse(args: readonly string[]): Question | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...GATEWAY_OPTIONS,
      ...{ device: { type: 'string' }, place: { type: 'string' }, station: { type: 'string' } },
      ...{ point: { type: 'string' }, for: { type: 'string' }, level: { type: 'string' } },
      ...{ by: { type: 'string' }, comment: { type: 'string' }, dispatch: { type: 'boolean' } },
    },
  })
  if (values.help) return null
  const { gateway, json } = values
  requireGateway(gateway)
  return { ...questionOf(positionals, values), gateway, json }
}

type Values = Readonly<Record<string, string | boolean | undefined>>

function questionOf([word, id, ...more]: readonly string[], values: Values): Pick<Question, 'path' | 'body'> {
  if (word === undefined) return { path: '/api/modes', body: undefined }
  const type = MODE_TYPES.find((known) => known === word)
  if (type !== undefined) {
    if (id !== undefined) throw new UsageError(`"outpost mode ${type}" takes its target as an option, got "${id}"`)
    return { path: '/api/modes', body: wishOf(type, values) }
  }
  if (word !== 'end' && word !== 'exercise') {
    throw new UsageError(`expected ${MODE_TYPES.join(', ')}, exercise or end, got "${word}"`)
  }
  if (id === undefined || more.length > 0) throw new UsageError(`"outpost mode ${word}" needs exactly one id`)
  const { comment, level } = values
  const said = { by: personOf(values), ...(comment !== undefined && { comment }) }
  if (word === 'end') return { path: `/api/modes/${encodeURIComponent(id)}/end`, body: said }
  const path = `/api/alarms/${encodeURIComponent(id)}/exercise`
  return { path, body: { ...said, ...(level !== undefined && { level }) } }
}

function wishOf(type: ModeType, values: Values): object {
  const targets = (['device', 'place', 'station', 'point'] as const).filter((name) => values[name] !== undefined)
  const [target] = targets
  if (target === undefined || targets.length > 1 || !TARGETS_OF[type].includes(target satisfies ModeTargetType)) {
    const options = TARGETS_OF[type].map((name) => `--${name}`).join(', ')
    throw new UsageError(`"outpost mode ${type}" needs one of ${options}`)
  }
  if (typeof values.comment !== 'string' || values.comment.trim() === '')
    throw new UsageError('--comment is needed: it is recorded why')
  const { comment, dispatch } = values
  return {
    ...{ type, target: { type: target, id: values[target] }, minutes: minutesOf(values.for), comment },
    ...{ by: personOf(values), ...(dispatch === true && { dispatch }) },
  }
}

function minutesOf(text: string | boolean | undefined): number {
  if (typeof text !== 'string') throw new UsageError('--for is needed, as in --for 30m: a mode ends by itself')
  try {
    return parseDuration(text) / 60_000
  } catch (error) {
    throw new UsageError(`--for: ${(error as Error).message}`)
  }
}

function personOf({ by }: Values): string {
  if (typeof by === 'string' && by.trim() !== '') return by
  throw new UsageError('--by is needed: it is recorded who does it')
}

function answerText({ body }: ApiAnswer): string {
  const answer = body as { readonly modes?: readonly Mode[] } & (Mode | Alarm)
  if (answer.modes !== undefined) return answer.modes.map(modeText).join('\n') || 'no maintenance, drill or test is on'
  if ('facts' in answer) return `${answer.id} is ${answer.state}: ${answer.reason.en}`
  return modeText(answer)
}

function modeText({ id, type, target, by, comment, until }: Mode): string {
  return `${type} of the ${target.type} ${target.id} until ${new Date(until).toISOString()}, ${by}: ${comment} [${id}]`
}
