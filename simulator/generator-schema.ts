/** What a step of a scenario may let a point do by itself. */
import { type Static, Type } from 'typebox'
import { Duration } from '../device-profiles/base-schema.ts'

const strict = { additionalProperties: false } as const
const Positive = Type.Number({ exclusiveMinimum: 0, description: 'a number above 0' })
const NotNegative = Type.Number({ minimum: 0, description: 'a number from 0 on' })

/** 24h and no delay if absent. */
const cycleKeys = {
  mean: Type.Number(),
  swing: NotNegative,
  period: Type.Optional(Duration),
  highestAt: Type.Optional(Duration),
}

const Cycle = Type.Object(cycleKeys, strict)

const fireKeys = {
  /** How long it smoulders before it flames; not at all if absent. */
  smoulder: Type.Optional(Duration),
  /** NFPA 72: how fast it grows when it flames; medium if absent. */
  growth: Type.Optional(Type.Enum(['slow', 'medium', 'fast', 'ultra-fast'])),
  peak: Type.Number(),
}

const Pump = Type.Object(
  {
    start: Type.Number(),
    stop: Type.Number(),
    rate: Positive,
    /** From the begin of the storm. */
    failsAt: Type.Optional(Duration),
    mendedAt: Type.Optional(Duration),
  },
  strict,
)

export const GeneratorEntry = Type.Union([
  Type.Object({ type: Type.Literal('fire-smoke'), ...fireKeys, smoulderTo: Type.Optional(Type.Number()) }, strict),
  /** `ceiling`: m above the fuel; 3 if absent. */
  Type.Object({ type: Type.Literal('fire-heat'), ...fireKeys, ceiling: Type.Optional(Positive) }, strict),
  Type.Object({ type: Type.Literal('puff'), peak: Type.Number(), peakAt: Duration }, strict),
  Type.Object(
    {
      type: Type.Literal('storm'),
      inflow: Positive,
      peakAt: Duration,
      shape: Type.Optional(Positive),
      drain: Type.Optional(NotNegative),
      pumps: Type.Optional(Type.Array(Pump, { maxItems: 8 })),
    },
    strict,
  ),
  Type.Object(
    {
      type: Type.Literal('creep'),
      primary: Type.Optional(NotNegative),
      velocity: Positive,
      tertiaryAt: Duration,
      failsAt: Duration,
      most: Type.Number(),
    },
    strict,
  ),
  Type.Object({ type: Type.Literal('cycle'), ...cycleKeys }, strict),
  Type.Object(
    {
      type: Type.Literal('cylinder'),
      at20: NotNegative,
      leakPerPeriod: Type.Optional(NotNegative),
      temperature: Cycle,
    },
    strict,
  ),
  Type.Object({ type: Type.Literal('discharge'), to: Type.Number() }, strict),
])

export type GeneratorEntry = Static<typeof GeneratorEntry>
export type CycleEntry = Static<typeof Cycle>
