import { useSignal } from '@preact/signals'
import type { Alarm } from '../../../alarm-model.ts'
import type { Decision } from '../api.ts'
import { decide, underWay } from '../commands.ts'
import { formatTime } from '../format.ts'
import { levelName, local, t } from '../i18n.ts'
import { connection, who } from '../store.ts'

/** What people have decided about the level of an alarm that asks them, and what stands. */
export function ProposalText({ alarm }: { readonly alarm: Alarm }) {
  const { proposal } = alarm
  if (proposal === undefined) return null
  const { state, confirmed, by, comment, at } = proposal
  return (
    <>
      <dt>{t('confirmedLevel')}</dt>
      <dd>
        {confirmed === null ? t('noLevel') : levelName(confirmed)}
        {by !== null && ` · ${t(state === 'declined' ? 'declinedBy' : 'confirmedBy')} ${by}`}
        {at !== null && ` ${formatTime(at)}`}
        {comment !== null && `: ${comment}`}
      </dd>
    </>
  )
}

/** A confirmed level whose condition is over is lifted by a reset. */
function choicesOf({ proposal, facts }: Alarm): readonly Decision[] {
  if (proposal?.state !== 'proposed') return []
  if (proposal.level !== null) return ['confirm', 'decline']
  return facts.latched && facts.acked && !facts.active ? ['reset'] : []
}

/** Confirms or declines, or lifts what was confirmed; why must be said. */
export function ProposalDecision({ alarm }: { readonly alarm: Alarm }) {
  const why = useSignal('')
  const { id } = alarm
  const choices = choicesOf(alarm)
  if (who.value?.role === 'viewer' || choices.length === 0) return null
  const disabled = why.value.trim() === '' || underWay.value.has(id) || connection.value !== 'live'
  const label = (type: Decision) => `${t(type)}: ${local(alarm.name)}, ${alarm.place}`
  return (
    <div class="actions decision">
      <input
        type="text"
        maxLength={1000}
        placeholder={t('decisionWhy')}
        aria-label={`${t('decisionWhy')}: ${local(alarm.name)}, ${alarm.place}`}
        value={why.value}
        onInput={(event) => {
          why.value = event.currentTarget.value
        }}
      />
      {choices.map((type) => (
        <button
          key={type}
          type="button"
          class={type === 'decline' ? '' : 'primary'}
          aria-label={label(type)}
          disabled={disabled}
          onClick={() => decide(type, id, why.value.trim())}
        >
          {t(type)}
        </button>
      ))}
    </div>
  )
}
