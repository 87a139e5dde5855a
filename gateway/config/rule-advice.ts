/** Rules that work, but probably not as somebody meant them. */
import type { Device, Rule } from '../../device-profiles/device.ts'
import type { Report } from './report.ts'
import type { ConfigFile } from './schema.ts'
import { secondsText } from './timing-text.ts'

/** `devices`: the resolved ones of `file.devices`, in their order. */
export function adviseOnRules(
  file: ConfigFile,
  { devices, advise }: { readonly devices: readonly Device[]; readonly advise: Report },
): void {
  for (const [index, { line, rules = {}, pollInterval }] of file.devices.entries()) {
    const device = devices[index]
    // What speaks by itself says so when it changes; only what is polled can miss the time between.
    if (device === undefined || line === undefined) continue
    for (const rule of device.rules) {
      const isOwn = Object.hasOwn(rules, rule.id)
      if (!isOwn && pollInterval === undefined) continue
      const delayMs = shortDelayMs(rule, device.intervalMs)
      if (delayMs === null) continue
      const at = isOwn ? ['rules', rule.id] : ['pollInterval']
      advise(
        ['devices', index, ...at],
        `the on-delay of "${rule.id}" (${secondsText(delayMs)}) is shorter than the ${secondsText(device.intervalMs)} between two ` +
          'readings, so a single reading raises it; give a longer onDelay, or poll more often',
      )
    }
  }
  for (const [index, { rules = [] }] of (file.groups ?? []).entries()) {
    for (const [place, { id, guidance }] of rules.entries()) {
      if (guidance !== undefined) continue
      const meant = 'say what it means and what to do first'
      advise(['groups', index, 'rules', place], `the vote "${id}" has no guidance; ${meant}`)
    }
  }
}

/** The longest of its delays that ends before the next reading; null: there is none. */
function shortDelayMs(rule: Rule, intervalMs: number): number | null {
  if (!('point' in rule)) return null
  const delays = rule.type === 'limit' ? rule.levels.map(({ onDelayMs }) => onDelayMs) : [rule.onDelayMs]
  const short = delays.filter((delayMs) => delayMs > 0 && delayMs < intervalMs)
  return short.length === 0 ? null : Math.max(...short)
}
