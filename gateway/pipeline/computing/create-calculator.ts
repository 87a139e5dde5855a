import type { Calculation } from '../../../device-profiles/calculation.ts'
import { Loss, PressureAt20 } from './bottle-calculators.ts'
import type { Calculator } from './calculator.ts'
import { TangentAngle, TimeToFailure, VelocityRatio } from './movement-calculators.ts'
import { Rate, TimeToLevel } from './rate-calculators.ts'
import { Baseline, Compensated, CompensationUsed } from './smoke-calculators.ts'

export function createCalculator(calculation: Calculation): Calculator {
  switch (calculation.type) {
    case 'pressure-at-20':
      return new PressureAt20()
    case 'rate':
      return new Rate(calculation)
    case 'loss':
      return new Loss({ windowMs: calculation.windowMs, until: null })
    case 'days-to-limit':
      return new Loss({ windowMs: calculation.windowMs, until: calculation })
    case 'time-to-level':
      return new TimeToLevel(calculation)
    case 'tangent-angle':
      return new TangentAngle(calculation)
    case 'velocity-ratio':
      return new VelocityRatio(calculation)
    case 'time-to-failure':
      return new TimeToFailure(calculation)
    case 'baseline':
      return new Baseline(calculation)
    case 'compensated':
      return new Compensated(calculation)
    case 'compensation-used':
      return new CompensationUsed(calculation)
  }
}
