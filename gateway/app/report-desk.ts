/** Takes what people report: finds the place and who is responsible, and lets it become an alarm. */
import { suggestion } from '../../device-profiles/suggestion.ts'
import type { ReportAnswer, ReportRequest, ReportsView } from '../http/report-view.ts'
import type { Journal } from '../journal/journal-types.ts'
import type { Clock, LocalText } from '../model.ts'
import { INCIDENTS } from '../pipeline/incident-types.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { Place } from '../registry-model.ts'

export interface ReportDeskParts {
  readonly pipeline: Pick<Pipeline, 'report'>
  readonly journal: Pick<Journal, 'commit'>
  readonly clock: Pick<Clock, 'now'>
  /** Those of the configuration that runs. */
  places(): Iterable<Place>
  station(): string
  language(): 'zh' | 'en'
}

const SOURCE: LocalText = { zh: '人工上报', en: 'Report by a person' }

export function createReportDesk(parts: ReportDeskParts): ReportsView {
  return {
    types: () =>
      Object.entries(INCIDENTS).map(([type, profile]) => ({ type: type as keyof typeof INCIDENTS, ...profile })),
    report: (request) => report(parts, request),
  }
}

async function report(parts: ReportDeskParts, request: ReportRequest): Promise<ReportAnswer> {
  const { pipeline, journal, clock } = parts
  const place = placeOf(parts, request.placeId)
  if (place === undefined) return unknownPlace(parts, request.placeId ?? '')
  const language = parts.language()
  const { type, priority, known, by, exercise } = request
  const result = pipeline.report(
    {
      ...{ type, priority, known, by, exercise, deviceName: SOURCE[language], reporter: request.reporter ?? by },
      station: place?.station ?? parts.station(),
      placeId: place?.id ?? null,
      place: [place?.name[language], request.place].filter((words) => words != null).join(' · '),
    },
    clock.now(),
  )
  if (!result.ok) return { ok: false, refusal: result.refusal, message: result.message }
  // A disk that refuses must not undo what a person said: the event is queued and shown, the health says the rest.
  await journal.commit(result.outcome).catch(() => {})
  return { ok: true, alarm: result.alarm }
}

/** Null where none is asked for, undefined where there is none of that id. */
function placeOf(parts: ReportDeskParts, id: string | null): Place | null | undefined {
  return id === null ? null : Iterator.from(parts.places()).find((place) => place.id === id)
}

function unknownPlace(parts: ReportDeskParts, id: string): ReportAnswer {
  const ids = Iterator.from(parts.places()).map((place) => place.id)
  const message = {
    zh: `没有编号为“${id}”的场所；请用文字填写“place”`,
    en: `there is no registered place '${id}'${suggestion(id, [...ids])}; say it in words as 'place'`,
  }
  return { ok: false, refusal: 'unknown-place', message }
}
