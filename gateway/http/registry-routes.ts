/** Who looks after what, and who is on duty now. */
import { Type } from 'typebox'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import * as registrySchemas from './registry-schemas.ts'
import type { PersonView, StationView } from './registry-view.ts'

export function registerRegistryRoutes(api: Api, { view, clock }: ApiParts): void {
  api.get(
    '/api/stations',
    {
      schema: {
        summary: 'The tree of stations, from its top, with who is on duty now and the worst open alarm of each',
        querystring: baseSchemas.query({}),
        response: {
          200: Type.Object({ stations: Type.Array(registrySchemas.Station), now: baseSchemas.Time }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    (request) => {
      const stations = view.registry.stations()
      const mayCall = request.identity?.role === 'operator'
      return { stations: [...(mayCall ? stations : stations.map(withoutPhones))], now: clock.now().wall }
    },
  )
  api.get(
    '/api/places',
    {
      schema: {
        summary: 'The places that the stations look after, each with its devices and its worst open alarm',
        querystring: baseSchemas.query({ station: Type.Optional(baseSchemas.AnyId) }),
        response: {
          200: Type.Object({ places: Type.Array(registrySchemas.Place), now: baseSchemas.Time }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    (request) => {
      const { station } = request.query
      const places = view.registry.places().filter((place) => station === undefined || place.station === station)
      return { places, now: clock.now().wall }
    },
  )
}

/** Phones of people are for those who act. */
function withoutPhones(station: StationView): StationView {
  const hidden = <T extends PersonView>(people: readonly T[]): T[] => people.map((one) => ({ ...one, phone: null }))
  const { contacts, duty } = station
  return {
    ...station,
    contacts: hidden(contacts),
    duty: duty?.map((shift) => ({ ...shift, people: hidden(shift.people) })) ?? null,
  }
}
