import { Type } from 'typebox'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import * as commissioningSchemas from './commissioning-schemas.ts'
import type { CommissioningAnswer, CommissioningRefusal } from './commissioning-view.ts'
import { ApiError } from './errors.ts'

const IdParams = Type.Object({ id: baseSchemas.AnyId })

const STATUS: Readonly<Record<CommissioningRefusal, number>> = {
  'unknown-device': 404,
  'unknown-line': 404,
  'no-scan': 404,
  'unit-id-out-of-range': 400,
  'not-on-a-modbus-line': 409,
  'line-busy': 409,
}

export function registerCommissioningRoutes(api: Api, parts: ApiParts): void {
  registerProbe(api, parts)
  registerStartScan(api, parts)
  registerScan(api, parts)
  registerCancelScan(api, parts)
}

function registerProbe(api: Api, { view }: ApiParts): void {
  api.post(
    '/api/devices/:id/probe',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'Read every point of a Modbus device now, through the queue of its line; nothing is recorded',
        params: IdParams,
        body: Type.Object({}, { additionalProperties: false }),
        response: { 200: commissioningSchemas.Probe, '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request) => accepted(await view.commissioning.probe(request.params.id)),
  )
}

function registerStartScan(api: Api, { view }: ApiParts): void {
  api.post(
    '/api/lines/:id/scan',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'Look for units on a Modbus line, between the polls; GET tells how far it is',
        params: IdParams,
        body: commissioningSchemas.ScanBody,
        response: { 202: commissioningSchemas.Scan, '4xx': baseSchemas.ErrorBody },
      },
    },
    (request, reply) => {
      const { from, to, timeoutMs } = request.body
      const scan = accepted(view.commissioning.startScan({ line: request.params.id, from, to, timeoutMs }))
      reply.code(202)
      return scan
    },
  )
}

function registerScan(api: Api, { view }: ApiParts): void {
  api.get(
    '/api/lines/:id/scan',
    {
      schema: {
        summary: 'The newest scan of a line, running or ended',
        params: IdParams,
        querystring: baseSchemas.query({}),
        response: { 200: commissioningSchemas.Scan, '4xx': baseSchemas.ErrorBody },
      },
    },
    (request) => accepted(view.commissioning.scan(request.params.id)),
  )
}

function registerCancelScan(api: Api, { view }: ApiParts): void {
  api.delete(
    '/api/lines/:id/scan',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'Cancel the scan of a line; what it found stays',
        params: IdParams,
        response: { 200: commissioningSchemas.Scan, '4xx': baseSchemas.ErrorBody },
      },
    },
    (request) => accepted(view.commissioning.cancelScan(request.params.id)),
  )
}

function accepted<T>(answer: CommissioningAnswer<T>): T {
  if (answer.ok) return answer.value
  throw new ApiError(STATUS[answer.refusal], answer.refusal, { message: answer.message })
}
