/** A line of the configuration as its source and the computation of its times need it. */
import type { Device, Point } from '../../device-profiles/device.ts'
import { parseDuration } from '../../device-profiles/duration.ts'
import { type LineLoad, readsOf } from '../sources/modbus/line-timing.ts'
import type { LineConfig } from './config.ts'

export function transportOf(line: LineConfig): LineLoad['transport'] {
  if (line.type !== 'modbus-rtu') return { type: line.type, host: line.host, port: line.port }
  const { type, path, baudRate, parity = 'none', dataBits = 8, stopBits = 1, rts } = line
  const serial = { type, path, baudRate, parity, dataBits, stopBits }
  if (rts === undefined) return serial
  const { whileSending, beforeSend = '0ms', afterSend = '0ms' } = rts
  const [beforeSendMs, afterSendMs] = [parseDuration(beforeSend), parseDuration(afterSend)]
  return { ...serial, rts: { whileSending, beforeSendMs, afterSendMs } }
}

/** Throws where a point can never be read. */
export function lineLoad(line: LineConfig): LineLoad {
  const { timeoutMs, interRequestDelayMs, connectDelayMs, quietAfterTimeoutMs, replyTimeMs, connection } = line
  return {
    transport: transportOf(line),
    timing: { timeoutMs, interRequestDelayMs, connectDelayMs, quietAfterTimeoutMs },
    ...{ replyTimeMs, connection },
    hasCommands: line.units.some(({ device }) => (device.profile.commands ?? []).length > 0),
    units: line.units.map(({ device, unitId, mustNotRead }) => ({
      deviceId: device.id,
      unitId,
      pollIntervalMs: device.intervalMs,
      reads: readsOf(device.profile.points, {
        ...device.profile.modbus,
        mustNotRead,
        alarmPoints: alarmPointsOf(device),
      }),
    })),
  }
}

/** Ids of the points that are read for a rule of the class alarm; for a derived point, the one it is derived from. */
export function alarmPointsOf({ rules }: Device): readonly string[] {
  const ids = rules.flatMap((rule) => {
    // The inputs of a computed point are read as often as their own rules ask for.
    if (rule.class !== 'alarm' || !('point' in rule) || rule.point.profile.compute !== undefined) return []
    return [sourceOf(rule.point)]
  })
  return [...new Set(ids)].sort()
}

/** Id of the point that is read for it: of a derived one, what it is derived from. */
export function sourceOf({ profile }: Point): string {
  return profile.derive?.distance ?? profile.id
}
