/** What the configuration says about a Modbus line, in the words of its source. */
import type { LineConfig } from '../config/config.ts'
import { alarmPointsOf, transportOf } from '../config/line-load.ts'
import type { ModbusLineOptions, ModbusUnit } from '../sources/modbus/modbus-line.ts'

export function lineOptions(line: LineConfig): Omit<ModbusLineOptions, 'units'> {
  const { id, timeoutMs, interRequestDelayMs, connectDelayMs, quietAfterTimeoutMs, connection } = line
  return {
    ...{ timeoutMs, interRequestDelayMs, connectDelayMs },
    ...(quietAfterTimeoutMs !== undefined && { quietAfterTimeoutMs }),
    ...(connection !== undefined && { connection }),
    ...(line.type === 'modbus-tcp' && line.maxConnections !== undefined && { maxConnections: line.maxConnections }),
    ...{ id, transport: transportOf(line) },
  }
}

export function unitsOf({ units }: LineConfig): readonly ModbusUnit[] {
  return units.map(unitOf)
}

function unitOf({ device, unitId, mustNotRead }: LineConfig['units'][number]): ModbusUnit {
  const { maxRegistersPerRead, maxGap } = device.profile.modbus ?? {}
  return {
    deviceId: device.id,
    unitId,
    pollIntervalMs: device.intervalMs,
    points: device.profile.points,
    alarmPoints: alarmPointsOf(device),
    ...(maxRegistersPerRead !== undefined && { maxRegistersPerRead }),
    ...(maxGap !== undefined && { maxGap }),
    ...(mustNotRead.length > 0 && { mustNotRead }),
  }
}
