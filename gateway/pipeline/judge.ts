/**
 * Which rules are asked when, and what their answer does to the alarms. A new value asks the rules of its point; time that
 * passes asks those that wait, that miss something, or that others speak for.
 */

import { isRaise } from '../alarm-model.ts'
import { LocalClock } from '../local-time.ts'
import type { Reading } from '../model.ts'
import type { AlarmTable } from './alarm-table.ts'
import type { DeviceState, PointState } from './device-state.ts'
import type { Groups } from './groups.ts'
import { isTrustKnown } from './hearing.ts'
import { judgeLate } from './late-alarm.ts'
import { calmRange, expireDelays, isPending, judgeDevice, judgeTrend, judgeValue, type RuleState } from './rules.ts'
import { followSchedule } from './schedules.ts'
import { takeSetpoints } from './setpoints.ts'
import type { Step } from './step.ts'
import { storeCause } from './storing.ts'
import type { Watched } from './watched.ts'

export interface JudgeParts {
  readonly watched: Watched
  readonly table: AlarmTable
}

export class Judge {
  readonly #watched: Watched
  readonly #table: AlarmTable
  readonly #clock = new LocalClock()

  constructor({ watched, table }: JudgeParts) {
    this.#watched = watched
    this.#table = table
  }

  /** Bad and uncertain readings reach no rule of a value: they leave its gates as they are. */
  newest(device: DeviceState, point: PointState, { reading, step }: { reading: Reading; step: Step }): void {
    const { value, quality } = reading
    if (quality !== 'good' || typeof value !== 'number') return
    for (const { trend } of point.trendRules) trend?.window.add(value, step.at.mono)
    this.#setpoints(device, step)
    this.#trends(device, point, step)
    if (point.calm !== null && value > point.calm.above && value < point.calm.below) return
    for (const state of point.rules) {
      if (judgeValue(state, value, step.at)) this.#settle(device, state, step)
    }
    point.calm = calmRange(point.rules, value)
  }

  /** Tells of late data that would have been an alarm. What a broker has kept comes again with every connection, so it is not told. */
  late(device: DeviceState, point: PointState, { reading, step }: { reading: Reading; step: Step }): void {
    const { value, quality, time } = reading
    if (quality !== 'good' || typeof value !== 'number') return
    const { intervalMs } = device.device
    for (const state of point.rules) {
      if (state.rule.class !== 'alarm') continue
      const place = judgeLate(state, { value, time }, { intervalMs, standsMs: device.staleAfterMs })
      if (place === null) continue
      const event = this.#table.reportLate(device, state, { reading, place, at: step.at })
      if (event !== null) step.tell(event)
    }
  }

  /** Setpoints that the clock or another point has moved speak about the value that is there. */
  settings(device: DeviceState, step: Step): void {
    for (const state of device.scheduledRules) {
      if (followSchedule(state, this.#clock, step.at.wall)) this.#anew(device, state, step)
      const event = this.#table.followSchedule(state, step.at)
      if (event !== null) step.tell(event)
    }
    this.#setpoints(device, step)
  }

  /** Delays up to the moment the reading grew old, so that a late tick comes to the same result as a punctual one. */
  waiting(device: DeviceState, point: PointState, step: Step): void {
    const staleAt = point.goodAt + device.staleAfterMs
    const { mono } = step.at
    const until = Math.min(mono, staleAt)
    for (const state of point.rules) {
      if (isPending(state) && expireDelays(state, until)) this.#settle(device, state, step)
    }
    // A window slides on without readings; once they are stale nobody knows.
    if (point.trendRules.length > 0 && mono <= staleAt) this.#trends(device, point, step)
  }

  /** A limit whose setpoints are not known is not judged, and this fault says so. */
  unknownSetpoints(device: DeviceState, step: Step): void {
    for (const { limit, fault } of device.dynamicRules) {
      const { frozen } = limit
      const source = frozen?.type === 'unknown' ? this.#watched.point(frozen.point) : undefined
      // Not heard since the start, but not for long: nobody knows.
      if (source?.reading === null && step.at.mono - source.since < device.staleAfterMs) continue
      if (judgeDevice(fault, frozen !== null, step.at)) this.#settle(device, fault, step)
    }
  }

  silence(device: DeviceState, step: Step): void {
    for (const state of device.silenceRules) {
      const silent = step.at.mono - (device.heard ?? device.since).mono >= state.rule.afterMs
      // Not heard yet, but not for long: nobody knows. An alarm from before the restart must not return for that.
      if (!silent && device.heard === null) continue
      if (judgeDevice(state, silent, step.at)) this.#settle(device, state, step)
    }
  }

  trust(device: DeviceState, step: Step): void {
    if (device.trusted && device.doubts === 0) return
    device.trusted = device.doubts === 0
    for (const state of device.trustRules) {
      const idle = device.doubts === 0 && !state.gates[0]?.on && !isPending(state)
      if (idle) continue
      device.trusted = false
      if (!isTrustKnown(device, step.at)) continue
      if (judgeDevice(state, device.doubts > 0, step.at)) this.#settle(device, state, step)
    }
  }

  /** All of them, or those in which `member` has a voice. */
  groups(groups: Groups | null, step: Step, member?: DeviceState): void {
    for (const [group, state] of groups?.judge(step.at, member?.device.id) ?? []) this.#settle(group, state, step)
  }

  /** A setpoint that the configuration has changed speaks about the value that is there, not about the next one. */
  changed(device: DeviceState, { step, before }: { step: Step; before: DeviceState | undefined }): void {
    for (const { reading, rules } of device.points) {
      if (reading?.quality !== 'good' || typeof reading.value !== 'number') continue
      for (const state of rules) {
        if (before?.rules.includes(state)) continue
        judgeValue(state, reading.value, step.at)
        this.#settle(device, state, step)
      }
    }
  }

  #setpoints(device: DeviceState, step: Step): void {
    for (const { limit } of device.dynamicRules) {
      if (takeSetpoints(limit, (id) => this.#watched.value(id))) this.#anew(device, limit, step)
    }
  }

  #trends(device: DeviceState, { trendRules }: PointState, step: Step): void {
    for (const state of trendRules) if (judgeTrend(state, step.at)) this.#settle(device, state, step)
  }

  #anew(device: DeviceState, state: RuleState, step: Step): void {
    for (const point of device.points) {
      const own = point.rules.find((candidate) => candidate === state)
      const trend = point.trendRules.find((candidate) => candidate === state)
      point.calm = null
      const { reading } = point
      if (reading?.quality !== 'good' || typeof reading.value !== 'number') continue
      if (own !== undefined) judgeValue(own, reading.value, step.at)
      if (trend !== undefined) judgeTrend(trend, step.at)
      if (own !== undefined || trend !== undefined) this.#settle(device, state, step)
    }
  }

  #settle(device: DeviceState, state: RuleState, step: Step): void {
    const event = this.#table.settle(device, state, step.at)
    if (event === null) return
    storeCause(device, event.alarm.cause, step)
    step.tell(event)
    if (!isRaise(event) && event.type !== 'returned') return
    const brokenOff = isRaise(event) ? this.#table.breakOffExercise(state.alarmId, step.at) : null
    if (brokenOff !== null) step.tell(brokenOff)
    for (const inhibited of this.#table.inhibit(device, state.rule.id, step.at)) step.tell(inhibited)
  }
}
