import { Type } from 'typebox'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'

const Ms = Type.Number({ description: 'milliseconds' })
const NullableMs = Type.Unsafe<number | null>({ type: ['number', 'null'], description: 'milliseconds' })
const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] })

const Unit = Type.Object({
  device: Type.String(),
  unitId: Type.Integer(),
  state: Type.Enum(['polling', 'demoted']),
  error: NullableText,
  lastReplyMs: NullableMs,
  cycleMs: NullableMs,
  answerWithinMs: Ms,
  lineMs: NullableMs,
  predictedLineMs: Ms,
  skippedCycles: Type.Integer(),
  busyReplies: Type.Integer(),
  badReads: Type.Array(Type.String()),
})

const Detection = Type.Object({
  alarm: Type.String({ description: 'deviceId.ruleId' }),
  point: Type.String({ description: 'deviceId.pointId' }),
  measuredMs: NullableMs,
  predictedMs: Ms,
  predictedMsOneDead: NullableMs,
  allowedMs: NullableMs,
})

const Line = Type.Object({
  id: Type.String(),
  type: Type.Enum(['modbus-tcp', 'modbus-rtu-over-tcp', 'modbus-rtu']),
  endpoint: Type.String(),
  connected: Type.Boolean(),
  error: NullableText,
  requests: Type.Integer(),
  answers: Type.Integer(),
  timeouts: Type.Integer(),
  exceptions: Type.Integer(),
  droppedReplies: Type.Integer(),
  skippedCycles: Type.Integer(),
  busyMs: Ms,
  cycle: Type.Object({ measuredMs: NullableMs, predictedMs: Ms }, { description: 'line time to read every unit once' }),
  units: Type.Array(Unit),
  detections: Type.Array(Detection),
})

export function registerLineRoutes(api: Api, { view, clock }: ApiParts): void {
  api.get(
    '/api/lines',
    {
      schema: {
        summary: 'Every Modbus line with its units: what it does, and its times beside what was computed',
        querystring: baseSchemas.query({}),
        response: {
          200: Type.Object({ lines: Type.Array(Line), now: baseSchemas.Time }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    () => ({ lines: [...view.lines()], now: clock.now().wall }),
  )
}
