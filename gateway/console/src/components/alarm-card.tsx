import type { Alarm } from '../../../alarm-model.ts'
import type { AlarmView } from '../../../http/child-view.ts'
import { command, underWay } from '../commands.ts'
import { formatDuration, formatTime } from '../format.ts'
import { levelName, local, markName, priorityName, stateName, t } from '../i18n.ts'
import { connection, now, points, who } from '../store.ts'
import { PriorityMark } from './priority-mark.tsx'
import { ProposalDecision, ProposalText } from './proposal.tsx'
import { showTrend } from './trend.tsx'

export function AlarmCard({ alarm }: { readonly alarm: AlarmView }) {
  const { facts, priority, level } = alarm
  const unseen = !facts.acked && facts.suppression === null
  return (
    <li
      class={`alarm-card ${priority} ${facts.active ? 'active' : 'returned'} ${unseen ? 'unseen' : 'seen'} ${alarm.mark === null ? '' : 'marked'}`}
    >
      <div class="alarm-head">
        <PriorityMark priority={priority} hollow={!facts.active} />
        <h3>
          {local(alarm.name)}
          {level !== null && <span class="level">{levelName(level)}</span>}
        </h3>
        <span class="badges">
          {alarm.mark !== null && <span class="badge marked">{markName(alarm.mark)}</span>}
          {alarm.order?.state === 'pending' && <span class="badge">{t('orderPending')}</span>}
          {alarm.firstOut.length > 0 && <span class="badge first-out">{t('firstOut')}</span>}
          {alarm.proposal?.state === 'proposed' && <span class="badge proposed">{t('proposed')}</span>}
          {alarm.class === 'fault' && <span class="badge fault">{t('fault')}</span>}
          <span class="badge priority">{priorityName(priority)}</span>
          <span class={`badge ${unseen ? 'unseen' : ''}`}>{stateName(alarm.state)}</span>
        </span>
      </div>
      <p class="where">
        <strong>{alarm.place}</strong> <Subject alarm={alarm} />
        <Origin alarm={alarm} />
      </p>
      <Since alarm={alarm} />
      <dl>
        <dt>{t('reason')}</dt>
        <dd>{local(alarm.reason)}</dd>
        <ProposalText alarm={alarm} />
        {alarm.mode !== null && (
          <>
            <dt>{t('atWork')}</dt>
            <dd>
              {alarm.mode.by}: {alarm.mode.comment} ({t('until')} {formatTime(alarm.mode.until)})
            </dd>
          </>
        )}
        <dt>{t('guidance')}</dt>
        <dd class="guidance">{local(alarm.guidance)}</dd>
      </dl>
      <ProposalDecision alarm={alarm} />
      <Actions alarm={alarm} />
    </li>
  )
}

/** Of a gateway below: its station, and what became of what was done here. */
function Origin({ alarm: { path, station, order } }: { readonly alarm: AlarmView }) {
  if (path === undefined) return null
  const failed = order?.state === 'refused' || order?.state === 'expired'
  return (
    <span class="origin">
      {t('ofStation')} {station} ({path.map(({ gateway }) => gateway).join(' › ')})
      {failed && (
        <strong>
          {' '}
          {t('notDoneThere')}
          {order.refusal !== null && `: ${local(order.refusal)}`}
        </strong>
      )}
    </span>
  )
}

/** The device; where the alarm is about a point with a trend, a way to it. */
function Subject({ alarm }: { readonly alarm: Alarm }) {
  const { point } = alarm.cause
  if (point === null || alarm.path !== undefined || !points.value.has(point)) return <span>{alarm.deviceName}</span>
  return (
    <button type="button" class="link" onClick={() => showTrend(point)}>
      {alarm.deviceName}
    </button>
  )
}

function Since({ alarm }: { readonly alarm: Alarm }) {
  const { facts, raisedAt, returnedAt } = alarm
  return (
    <p class="since">
      {facts.active && (
        <span>
          {t('since')} <strong class="age">{formatDuration(now.value - raisedAt)}</strong>
        </span>
      )}
      <span>
        {t('started')} {formatTime(raisedAt)}
      </span>
      {!facts.active && returnedAt !== null && (
        <span>
          {t('returnedAt')} {formatTime(returnedAt)}
        </span>
      )}
      {facts.acked && alarm.acknowledgedBy !== null && (
        <span>
          {t('acknowledgedBy')} {alarm.acknowledgedBy}
          {alarm.acknowledgedAt !== null && ` ${formatTime(alarm.acknowledgedAt)}`}
        </span>
      )}
    </p>
  )
}

function Actions({ alarm }: { readonly alarm: AlarmView }) {
  const { facts, id } = alarm
  // Nobody watches what the configuration no longer has: only a person can end it.
  const isRemoved = alarm.outOfService !== null && alarm.outOfService.by === null
  const canAcknowledge = isRemoved || (facts.suppression === null && !facts.acked)
  // What people have declared they lift with a reason.
  const canReset = facts.latched && facts.acked && !facts.active && alarm.proposal === undefined
  if (who.value?.role === 'viewer' || (!canAcknowledge && !canReset)) return null
  const type = canAcknowledge ? 'acknowledge' : 'reset'
  return (
    <div class="actions">
      <button
        type="button"
        class={canAcknowledge ? 'primary' : ''}
        aria-label={`${t(type)}: ${local(alarm.name)}, ${alarm.place}`}
        disabled={underWay.value.has(id) || alarm.order?.state === 'pending' || connection.value !== 'live'}
        onClick={() => command(type, id)}
      >
        {t(type)}
      </button>
    </div>
  )
}
