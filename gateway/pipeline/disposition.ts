/** What people found out about an occurrence: it was real, false, a test. Never changes what is measured. */
import type { Alarm, AlarmEventDraft, Command, CommandRefusal } from '../alarm-model.ts'
import { changeOf } from './alarm.ts'

export function dispose(
  alarm: Alarm,
  command: Extract<Command, { type: 'dispose' }>,
): AlarmEventDraft | CommandRefusal {
  const { verdict, by, comment, at } = command
  if (alarm.raisedAt === 0) return 'never-raised'
  if (comment === null) return 'comment-missing'
  const disposition = { verdict, by, comment, at: at.wall }
  return changeOf(alarm, { facts: alarm.facts, disposition }, { type: 'disposed', time: at.wall, by, comment })
}
