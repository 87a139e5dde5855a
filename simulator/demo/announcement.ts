/** The first page that a visitor sees. */
import type { DemoSettings } from './settings.ts'
import { clockTime, type Timetable } from './timetable.ts'

const RULE = '─'.repeat(78)

export function announcement(timetable: Timetable, settings: DemoSettings): string {
  return [
    RULE,
    '  哨所演示站  ·  Outpost demo station',
    RULE,
    '',
    ...running(settings),
    '',
    ...story(timetable, settings.speed),
    '',
    '  试一试  Try: 在控制台确认告警，火灭之后复位火警',
    '               acknowledge alarms in the console; reset the fire alarm once the fire is out',
    '  停  止  Stop: Ctrl-C',
    RULE,
    '',
  ].join('\n')
}

function running({ ports }: DemoSettings): readonly string[] {
  return [
    '  将要运行  What runs (all of it on this machine only)',
    `    控制台与接口  console and API    http://127.0.0.1:${ports.http}`,
    `    MQTT 服务     MQTT broker        127.0.0.1:${ports.mqtt}`,
    `    模拟设备      simulated devices  Modbus TCP 127.0.0.1:${ports.modbus}, MQTT`,
    `    派发接收      dispatch receiver  127.0.0.1:${ports.receiver}, signed webhook`,
  ]
}

function story({ name, entries, repeatMs }: Timetable, speed: number): readonly string[] {
  const pace = speed === 1 ? '' : `（${speed} 倍速 ${speed} times as fast）`
  const again =
    repeatMs === null ? [] : [`    ${at(repeatMs / speed)}  重新开始`, `${' '.repeat(11)}and from the beginning again`]
  return [
    `  故事  The story: ${name.zh} ${name.en}${pace}`,
    ...entries.flatMap(({ atMs, say }) => [`    ${at(atMs / speed)}  ${say.zh}`, `${' '.repeat(11)}${say.en}`]),
    ...again,
  ]
}

function at(ms: number): string {
  return clockTime(ms).padStart(5)
}
