/** The value of a command, as a person gives it: in its unit, within its range. */
import type { LocalText } from './base-schema.ts'
import type { CommandArgument, CommandProfile } from './command-schema.ts'

/** Null: the command has no value. */
export type CommandValue = { readonly value: number | null } | { readonly problem: LocalText }

/** `given`: null where the person gave none. */
export function commandValue(command: CommandProfile, given: number | null): CommandValue {
  const { argument } = command
  if (argument !== undefined) return argumentValue(argument, given)
  if (given === null) return { value: command.value ?? null }
  return {
    problem: {
      zh: `“${command.name.zh}”不需要数值，却给了 ${given}`,
      en: `"${command.name.en}" takes no value, got ${given}`,
    },
  }
}

function argumentValue(argument: CommandArgument, given: number | null): CommandValue {
  const wanted = wantedText(argument)
  if (given === null) return { problem: { zh: `需要数值：${wanted.zh}`, en: `expected ${wanted.en}, got no value` } }
  const { range, states, decimals = 0 } = argument
  const isKnown = states === undefined || Object.hasOwn(states, String(given))
  const isInside = range === undefined || (given >= range[0] && given <= range[1])
  const isFineEnough = states !== undefined || Number(given.toFixed(decimals)) === given
  if (Number.isFinite(given) && isKnown && isInside && isFineEnough) return { value: given }
  return { problem: { zh: `应为${wanted.zh}，却是 ${given}`, en: `expected ${wanted.en}, got ${given}` } }
}

/** What may be given, in words. */
export function wantedText({ unit, range, states, decimals = 0 }: CommandArgument): LocalText {
  const codes = Object.entries(states ?? {})
  if (codes.length > 0) {
    return {
      zh: codes.map(([code, name]) => `${code}（${name.zh}）`).join('、'),
      en: `one of ${codes.map(([code, name]) => `${code} (${name.en})`).join(', ')}`,
    }
  }
  const [low, high] = range ?? [-Infinity, Infinity]
  const of = unit === '1' ? '' : ` ${unit}`
  return decimals === 0
    ? { zh: `${low} 到 ${high}${of} 的整数`, en: `a whole number from ${low} to ${high}${of}` }
    : {
        zh: `${low} 到 ${high}${of}，最多 ${decimals} 位小数`,
        en: `${low} to ${high}${of} with at most ${decimals} decimals`,
      }
}

/** Every value that shows whether the profile can say what it allows: the fixed one, the ends of the range, each code. */
export function extremeValues({ value, argument, revert }: CommandProfile): readonly number[] {
  const ofArgument = argument?.range ?? Object.keys(argument?.states ?? {}).map(Number)
  return [...(value === undefined ? [] : [value]), ...ofArgument, ...(revert === undefined ? [] : [revert])]
}
