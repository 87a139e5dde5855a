import { type Static, Type } from 'typebox'
import { Duration } from '../../../device-profiles/base-schema.ts'
import { HttpUrl, Secret, strict } from '../common-schema.ts'
import type { Report } from '../report.ts'
import { channelKeys } from './channel-keys.ts'

export const CapChannelSection = Type.Object(
  {
    ...channelKeys,
    type: Type.Literal('cap'),
    /** Where messages are posted; without one they are only fetched, from GET /api/cap. */
    url: Type.Optional(HttpUrl),
    /** Sent as authorization: Bearer. */
    token: Type.Optional(Secret),
    timeout: Type.Optional(Duration),
    /** Who sends, unique in the world and the same for ever; the id of the gateway if absent. */
    sender: Type.Optional(
      Type.String({
        pattern: '^[^\\s,<&]+$',
        maxLength: 100,
        description: 'a name without white space, comma, < and &',
      }),
    ),
    /** private if absent: for the station that is told, and nobody else. */
    scope: Type.Optional(Type.Enum(['private', 'restricted', 'public'])),
    /** Whom a restricted message may reach. */
    restriction: Type.Optional(Type.String({ minLength: 1 })),
    /** How long a message counts; 1d if absent. */
    validFor: Type.Optional(Duration),
    /** Whom to ask; the contacts of the station if absent. */
    contact: Type.Optional(Type.String({ minLength: 1 })),
    /** Of GB/T 2260, as 440310. */
    division: Type.Optional(Type.String({ pattern: '^\\d{6}$', description: 'six digits of GB/T 2260, as "440310"' })),
    /** Around a place whose position is known; 100 if absent. */
    placeRadiusMetres: Type.Optional(
      Type.Number({ minimum: 1, maximum: 100_000, description: 'from 1 to 100000 metres' }),
    ),
  },
  strict,
)

export function checkCapChannel(section: Static<typeof CapChannelSection>, report: Report): void {
  const { scope, restriction, token, url } = section
  if (scope === 'restricted' && restriction === undefined) {
    report(['restriction'], 'expected whom a message of the scope restricted may reach, got nothing')
  }
  if (scope !== 'restricted' && restriction !== undefined) {
    report(['restriction'], 'expected scope: restricted beside it, for only that has a restriction')
  }
  if (token !== undefined && url === undefined) {
    report(['token'], 'expected a url beside it; who fetches from /api/cap needs a token of http.authentication')
  }
}
