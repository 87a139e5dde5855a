/** What will be told when, taken from the scenario itself, so that the announcement is never out of date. */
import { parse } from 'yaml'
import { parseDuration } from '../../device-profiles/duration.ts'

interface LocalText {
  readonly zh: string
  readonly en: string
}

export interface Timetable {
  readonly name: LocalText
  /** In order; `atMs` from the beginning of the story at its own pace. */
  readonly entries: readonly { readonly atMs: number; readonly say: LocalText }[]
  /** Null where the story is told once. */
  readonly repeatMs: number | null
}

interface ScenarioText {
  readonly name: LocalText
  readonly repeatEvery?: string
  readonly timeline: readonly { readonly at: string; readonly say?: LocalText }[]
}

/** The scenario is checked by the simulator, which reads the same text; here it is only shown. */
export function readTimetable(text: string): Timetable {
  const { name, repeatEvery, timeline } = parse(text) as ScenarioText
  const entries = timeline.flatMap(({ at, say }) => (say === undefined ? [] : [{ atMs: parseDuration(at), say }]))
  return {
    name,
    entries: entries.toSorted((a, b) => a.atMs - b.atMs),
    repeatMs: repeatEvery === undefined ? null : parseDuration(repeatEvery),
  }
}

/** Minutes and seconds as a clock shows them: 1:05. */
export function clockTime(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
