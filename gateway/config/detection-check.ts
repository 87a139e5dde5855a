/** Refuses lines whose reads are impossible, or on which an alarm would come later than its rule allows. */
import { predictLine } from '../sources/modbus/line-timing.ts'
import type { GatewayConfig } from './config.ts'
import { detectionAdvice, named } from './detection-advice.ts'
import { lineLoad } from './line-load.ts'
import type { ConfigPath, Report } from './report.ts'
import type { ConfigFile } from './schema.ts'
import { type Detection, detectionsOf, isTooSlow, rulesByDevice, worstMs } from './timing.ts'
import { secondsText } from './timing-text.ts'

/** What would stop a line from starting. */
export function checkReads(config: GatewayConfig, report: Report): void {
  for (const [index, line] of config.lines.entries()) {
    try {
      lineLoad(line)
    } catch (error) {
      report(['lines', index], error instanceof Error ? error.message : String(error))
    }
    if (line.replyTime !== undefined && line.replyTimeMs >= line.timeoutMs) {
      const expected = `expected less than the timeout of ${secondsText(line.timeoutMs)}`
      report(['lines', index, 'replyTime'], `${expected}, got ${secondsText(line.replyTimeMs)}`)
    }
  }
}

/** One problem for a line, at its slowest rule: what mends that one has to mend the others too. */
export function checkDetection(
  config: GatewayConfig,
  { file, report }: { readonly file: ConfigFile; readonly report: Report },
): void {
  for (const line of config.lines) {
    const rules = rulesByDevice(line)
    if (![...rules.values()].flat().some(({ maxMs }) => maxMs !== null)) continue
    const load = lineLoad(line)
    const prediction = predictLine(load)
    const tooSlow = detectionsOf(prediction, rules).filter(isTooSlow)
    const [worst, ...others] = tooSlow.sort((a, b) => excess(b) - excess(a))
    if (worst === undefined) continue
    const cycle = `a cycle of the line "${line.id}" takes ${secondsText(prediction.cycleMs)}`
    const message = [`${expectedText(worst)}; ${cycle}${alsoText(others)}`, adviceText(detectionAdvice(load, rules))]
    report(placeOf(worst, file), message.join('. '))
  }
}

function excess(detection: Detection): number {
  return worstMs(detection) - (detection.maxMs ?? 0)
}

function expectedText(worst: Detection): string {
  return `expected "${worst.ruleId}" within ${secondsText(worst.maxMs ?? 0)} (maxDetectionSeconds), got ${timesText(worst)}`
}

function alsoText(others: readonly Detection[]): string {
  if (others.length === 0) return ''
  const names = named(others.map(({ deviceId, ruleId }) => `${deviceId}.${ruleId}`))
  return `, and ${names} ${others.length === 1 ? 'is' : 'are'} too slow too`
}

function adviceText(advice: readonly string[]): string {
  const accept = 'or, where people accept it, a higher maxDetectionSeconds in the rules of the device'
  if (advice.length > 0) return `Any one of these is enough: ${advice.join('; ')}; ${accept}`
  return `No single change is enough: put fewer units on the line and poll them more often, ${accept}`
}

function timesText({ healthyMs, oneDeadMs }: Detection): string {
  const healthy = `up to ${secondsText(healthyMs)}`
  return oneDeadMs === null ? healthy : `${healthy}, and ${secondsText(oneDeadMs)} while another unit is dead`
}

function placeOf({ deviceId, ruleId }: Detection, { devices }: ConfigFile): ConfigPath {
  const index = devices.findIndex((device) => device.id === deviceId)
  const { rules, pollInterval } = devices[index] ?? {}
  if (rules?.[ruleId]?.maxDetectionSeconds !== undefined) {
    return ['devices', index, 'rules', ruleId, 'maxDetectionSeconds']
  }
  return pollInterval === undefined ? ['devices', index] : ['devices', index, 'pollInterval']
}
