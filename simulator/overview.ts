/** What the simulator prints: what it serves, and the story as it happens. */
import type { StoryState } from './runner.ts'
import type { Scenario, SimulatedDevice, StoryLine } from './scenario.ts'

/** `ports`: of the lines that listen on TCP. */
export function overview(scenario: Scenario, ports: ReadonlyMap<string, number>): string {
  const { name, broker, repeatEverySeconds: every } = scenario
  const rows = [`${name.zh} / ${name.en}`]
  for (const [id, line] of scenario.lines) {
    const place =
      line.type === 'modbus-rtu' ? `${line.path} ${line.baudRate} Bd` : `${line.host}:${ports.get(id) ?? line.port}`
    rows.push(`  ${id}: ${line.type} ${place}`, ...unitRows(scenario, id))
  }
  const talkers = [...scenario.devices.values()].flatMap((device) => talkerRow(device))
  if (talkers.length > 0) rows.push(`  MQTT ${broker?.url ?? ''}`, ...talkers)
  if (scenario.story.length > 0 && every !== null) rows.push(`  the story begins anew every ${timeText(every)}`)
  return `${rows.join('\n')}\n`
}

function unitRows({ devices }: Scenario, line: string): readonly string[] {
  const units = [...devices.values()].flatMap(({ id, profile, connection }) =>
    connection.type === 'modbus' && connection.line === line ? [{ id, profile, unitId: connection.unitId }] : [],
  )
  return units
    .sort((a, b) => a.unitId - b.unitId)
    .map(({ id, profile, unitId }) => `    unit ${String(unitId).padEnd(3)} ${id} (${profile.id})`)
}

function talkerRow({ id, profile, connection }: SimulatedDevice): readonly string[] {
  if (connection.type !== 'mqtt') return []
  return [`    ${id} (${profile.id}) ${connection.topic} every ${connection.intervalMs / 1000} s`]
}

/** `00:20  烟雾上升 / Smoke is rising` */
export function storyText({ atSeconds, say }: StoryLine): string {
  return `${timeText(atSeconds)}  ${say.zh} / ${say.en}\n`
}

/** One line: `00:20 of 02:00`, and `paused` where it is. */
export function storyProgress(
  { durationSeconds, repeatEverySeconds }: Pick<Scenario, 'durationSeconds' | 'repeatEverySeconds'>,
  { seconds, story }: { readonly seconds: number; readonly story: StoryState },
): string {
  if (story === 'waiting') return 'the story has not begun'
  const round = repeatEverySeconds ?? durationSeconds
  const told = repeatEverySeconds === null ? Math.min(seconds, durationSeconds) : seconds % repeatEverySeconds
  const isOver = repeatEverySeconds === null && seconds >= durationSeconds
  const state = story === 'paused' ? ', paused' : isOver ? ', all is told; the devices go on' : ''
  return `${timeText(told)} of ${timeText(round)}${state}`
}

export function timeText(seconds: number): string {
  const whole = Math.floor(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(whole / 60))}:${two(whole % 60)}`
}
