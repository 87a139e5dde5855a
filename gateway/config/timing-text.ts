/** The times of all lines as an engineer reads them in a terminal. */
import type { UnitPrediction } from '../sources/modbus/line-timing.ts'
import type { Detection, GatewayTiming, LineTiming, MqttDetection } from './timing.ts'

/** `350 ms`, `2.55 s`, `12.1 s`, `20 min`, `8.1 h`; never less than the value, because people take it for the worst case. */
export function secondsText(ms: number): string {
  if (ms < 1000) return `${ceil(ms)} ms`
  if (ms < 10_000) return `${ceil(ms / 10) / 100} s`
  if (ms < 600_000) return `${ceil(ms / 100) / 10} s`
  if (ms < 7_200_000) return `${ceil(ms / 60_000)} min`
  return `${ceil(ms / 360_000) / 10} h`
}

/** Sums of floating-point times must not be lifted over the next step by their noise. */
function ceil(value: number): number {
  return Math.ceil(Number(value.toFixed(3)))
}

export function timingText({ lines, mqtt }: GatewayTiming): string {
  const parts = [...lines.map(lineText), ...(mqtt.length === 0 ? [] : [mqttText(mqtt)])]
  return parts.length === 0 ? 'no line and no MQTT device: nothing to compute\n' : `${parts.join('\n\n')}\n`
}

function lineText(line: LineTiming): string {
  const behindTcp = line.type === 'modbus-rtu-over-tcp' ? ', the serial wire behind the endpoint in it' : ''
  const quiet = line.quietMs === 0 ? '' : `, silence after it ${secondsText(line.quietMs)}`
  const command = line.commandMs === 0 ? '' : `, one command in between ${secondsText(line.commandMs)}`
  const reopening = line.reopenMs === 0 ? '' : `, opening the connection for each cycle ${secondsText(line.reopenMs)}`
  const connections = line.connections === 1 ? '' : `, one of its ${line.connections} connections`
  const oneDead = line.units.length > 1 ? `, with one unit dead ${secondsText(line.cycleMsOneDead)}` : ''
  const overloaded = line.loadPercent > 100 ? ': the poll intervals cannot be kept' : ''
  const text = [
    `Line ${line.id}: ${line.type}, ${line.endpoint}`,
    `  computed with: reply time ${secondsText(line.replyTimeMs)} (replyTime${behindTcp}), ` +
      `pause between requests ${secondsText(line.pauseMs)}, time-out ${secondsText(line.timeoutMs)}${quiet}${reopening}${command}${connections}`,
  ]
  if (line.units.length === 0) return [...text, '  no units'].join('\n')
  text.push(`  cycle ${secondsText(line.cycleMs)}${oneDead}; load ${percent(line.loadPercent)}${overloaded}`)
  text.push('', ...table(UNIT_HEAD, line.units.flatMap(unitRows)))
  if (line.detections.length > 0) text.push('', ...table(DETECTION_HEAD, line.detections.map(detectionRow)))
  return text.join('\n')
}

const UNIT_HEAD = ['device', 'unit', 'every', 'request', 'bytes', 'takes', 'cycle', 'answered within', 'interval kept']

function unitRows(unit: UnitPrediction): readonly (readonly string[])[] {
  const { deviceId, unitId, pollIntervalMs, cycleMs, answerWithinMs, intervalKept } = unit
  const device = [deviceId, String(unitId), secondsText(pollIntervalMs)]
  const whole = [secondsText(cycleMs), secondsText(answerWithinMs), intervalKept.replace('-', ' ')]
  if (unit.requests.length === 0) return [[...device, 'none', '', '', ...whole]]
  return unit.requests.map(({ table: of, address, count, requestBytes, replyBytes, ms }, index) => {
    const range = count === 1 ? `${of} ${address}` : `${of} ${address}-${address + count - 1}`
    const request = [range, `${requestBytes} + ${replyBytes}`, `${ms.toFixed(1)} ms`]
    return index === 0 ? [...device, ...request, ...whole] : ['', '', '', ...request, '', '', '']
  })
}

const DETECTION_HEAD = ['alarm', 'on-delay', 'detected within', 'with one unit dead', 'allowed']

function detectionRow({ deviceId, ruleId, onDelayMs, healthyMs, oneDeadMs, maxMs }: Detection): readonly string[] {
  const tooSlow = maxMs !== null && Math.max(healthyMs, oneDeadMs ?? 0) > maxMs
  return [
    `${deviceId}.${ruleId}`,
    secondsText(onDelayMs),
    secondsText(healthyMs),
    oneDeadMs === null ? '-' : secondsText(oneDeadMs),
    maxMs === null ? '-' : `${secondsText(maxMs)}${tooSlow ? '  TOO SLOW' : ''}`,
  ]
}

function mqttText(detections: readonly MqttDetection[]): string {
  const rows = detections.map(({ deviceId, ruleId, intervalMs, onDelayMs, ms }) => [
    `${deviceId}.${ruleId}`,
    secondsText(intervalMs),
    secondsText(onDelayMs),
    secondsText(ms),
  ])
  return [
    'MQTT: a device that tells a change at once is detected as soon as its message comes, plus the on-delay.',
    '  For what it tells only with its next regular message:',
    '',
    ...table(['alarm', 'interval', 'on-delay', 'detected within'], rows),
  ].join('\n')
}

function percent(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} %`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
  return [head, ...rows].map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('   ')}`.trimEnd())
}
