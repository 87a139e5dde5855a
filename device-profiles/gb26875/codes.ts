/** Numbers of GB/T 26875.3-2011 with their names. */
import type { LocalText } from '../base-schema.ts'

/** Command bytes (table 2); 0 and 7 to 127 are reserved, 128 to 255 the user's own. */
export const COMMAND = { control: 1, send: 2, confirm: 3, request: 4, answer: 5, deny: 6 } as const

export const COMMAND_NAMES: Readonly<Record<number, LocalText>> = {
  1: { zh: '控制命令', en: 'control' },
  2: { zh: '发送数据', en: 'data' },
  3: { zh: '确认', en: 'confirmed' },
  4: { zh: '请求', en: 'request' },
  5: { zh: '应答', en: 'answer' },
  6: { zh: '否认', en: 'denied' },
}

/** Bits of the state word of a system (type 1). */
export const SYSTEM_STATE = {
  running: 1 << 0,
  fire: 1 << 1,
  fault: 1 << 2,
  shielded: 1 << 3,
  supervision: 1 << 4,
  started: 1 << 5,
  feedback: 1 << 6,
  delay: 1 << 7,
  mainPowerFault: 1 << 8,
  backupPowerFault: 1 << 9,
  busFault: 1 << 10,
  manual: 1 << 11,
  configurationChanged: 1 << 12,
  reset: 1 << 13,
} as const

/** Bits of the state word of a component (type 2). */
export const COMPONENT_STATE = {
  running: 1 << 0,
  fire: 1 << 1,
  fault: 1 << 2,
  shielded: 1 << 3,
  supervision: 1 << 4,
  started: 1 << 5,
  feedback: 1 << 6,
  delay: 1 << 7,
  powerFault: 1 << 8,
} as const

/** Bits of the state byte of a transmission device (type 21). */
export const DEVICE_STATE = {
  running: 1 << 0,
  fire: 1 << 1,
  fault: 1 << 2,
  mainPowerFault: 1 << 3,
  backupPowerFault: 1 << 4,
  channelFault: 1 << 5,
  lineFault: 1 << 6,
} as const

/** Bits of an operation of a system (type 4). */
export const OPERATION = {
  reset: 1 << 0,
  mute: 1 << 1,
  manualAlarm: 1 << 2,
  alarmCleared: 1 << 3,
  selfTest: 1 << 4,
  acknowledged: 1 << 5,
  test: 1 << 6,
} as const

/** Of a transmission device (type 24) bit 5 is the answer to a duty check. */
export const DUTY_ANSWER = 1 << 5

const RUNNING: LocalText = { zh: '正常监视', en: 'running' }
const SHARED_STATES: readonly LocalText[] = [
  RUNNING,
  { zh: '火警', en: 'fire' },
  { zh: '故障', en: 'fault' },
  { zh: '屏蔽', en: 'shielded' },
  { zh: '监管', en: 'supervision' },
  { zh: '启动', en: 'started' },
  { zh: '反馈', en: 'feedback' },
  { zh: '延时', en: 'delay' },
]

/** By bit. Bit 0 says running, and its absence a test. */
export const STATE_NAMES: Readonly<Record<'system' | 'component' | 'device', readonly LocalText[]>> = {
  system: [
    ...SHARED_STATES,
    { zh: '主电故障', en: 'mains fault' },
    { zh: '备电故障', en: 'standby supply fault' },
    { zh: '总线故障', en: 'bus fault' },
    { zh: '手动', en: 'manual' },
    { zh: '配置改变', en: 'configuration changed' },
    { zh: '复位', en: 'reset' },
  ],
  component: [...SHARED_STATES, { zh: '电源故障', en: 'supply fault' }],
  device: [
    RUNNING,
    { zh: '火警', en: 'fire' },
    { zh: '故障', en: 'fault' },
    { zh: '主电故障', en: 'mains fault' },
    { zh: '备电故障', en: 'standby supply fault' },
    { zh: '与监控中心通信信道故障', en: 'channel to the centre faulty' },
    { zh: '监测连接线路故障', en: 'monitored line faulty' },
  ],
}

export const TEST: LocalText = { zh: '测试', en: 'test' }

/** By bit; bit 5 differs between a system and a transmission device. */
export const OPERATION_NAMES: Readonly<Record<'system' | 'device', readonly LocalText[]>> = {
  system: operations({ zh: '确认', en: 'acknowledged' }),
  device: operations({ zh: '查岗应答', en: 'answer to a duty check' }),
}

function operations(fifth: LocalText): readonly LocalText[] {
  return [
    { zh: '复位', en: 'reset' },
    { zh: '消音', en: 'mute' },
    { zh: '手动报警', en: 'manual alarm' },
    { zh: '警情消除', en: 'alarm cleared' },
    { zh: '自检', en: 'self-test' },
    fifth,
    { zh: '测试', en: 'test' },
  ]
}

/** Types of systems (table 4); 128 to 255 are the user's own. */
export const SYSTEM_TYPES: Readonly<Record<number, LocalText>> = {
  0: { zh: '通用', en: 'general' },
  1: { zh: '火灾报警系统', en: 'fire alarm system' },
  10: { zh: '消防联动控制器', en: 'linkage controller' },
  11: { zh: '消火栓系统', en: 'hydrants' },
  12: { zh: '自动喷水灭火系统', en: 'sprinklers' },
  13: { zh: '气体灭火系统', en: 'gas extinguishing system' },
  14: { zh: '水喷雾灭火系统（泵启动方式）', en: 'water spray (pump)' },
  15: { zh: '水喷雾灭火系统（压力容器启动方式）', en: 'water spray (vessel)' },
  16: { zh: '泡沫灭火系统', en: 'foam extinguishing system' },
  17: { zh: '干粉灭火系统', en: 'dry powder system' },
  18: { zh: '防烟排烟系统', en: 'smoke control' },
  19: { zh: '防火门及卷帘系统', en: 'fire doors and shutters' },
  20: { zh: '消防电梯', en: 'fire lifts' },
  21: { zh: '消防应急广播', en: 'emergency broadcast' },
  22: { zh: '消防应急照明和疏散指示系统', en: 'emergency lighting' },
  23: { zh: '消防电源', en: 'fire power supply' },
  24: { zh: '消防电话', en: 'fire telephones' },
}
