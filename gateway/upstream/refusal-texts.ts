/** Why an order to a gateway below is not given, or not carried out there. */
import type { OrderRefusal } from '../upstream-model.ts'

export const refusals = {
  unknownAlarm: {
    code: 'unknown-alarm',
    message: { zh: '没有这个报警', en: 'there is no such alarm' },
  },
  onlyThere: {
    code: 'not-from-above',
    message: { zh: '只能在产生报警的网关上操作', en: 'this is done only at the gateway that raised the alarm' },
  },
  notBelow: {
    code: 'unreachable',
    message: { zh: '配置中已没有该下级网关', en: 'the configuration no longer has the gateway below that raised it' },
  },
  expired: {
    code: 'unreachable',
    message: { zh: '下级网关未在规定时间内回应', en: 'the gateway below did not answer in time' },
  },
  tooMany: {
    code: 'unreachable',
    message: { zh: '该下级网关待执行的操作过多', en: 'too much waits for this gateway already' },
  },
  notRecorded: {
    code: 'unreachable',
    message: { zh: '操作无法落盘，未下发', en: 'the order cannot be put on disk, so it was not given' },
  },
} as const satisfies Readonly<Record<string, OrderRefusal>>
