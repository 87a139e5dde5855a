import { useSignal } from '@preact/signals'
import { type AlarmGroup, GROUPED_FROM, groupAlarms } from '../../../statistics/alarm-groups.ts'
import { t } from '../i18n.ts'
import { alarms, unacknowledged, unusablePoints } from '../store.ts'
import { AlarmCard } from './alarm-card.tsx'
import { BeginModeButton } from './mode-form.tsx'

export function AlarmList() {
  const unseen = unacknowledged.value.length
  const isMany = alarms.value.length >= GROUPED_FROM
  return (
    <section class="alarms" aria-labelledby="alarms-title">
      <div class="section-title">
        <h2 id="alarms-title">{t('alarms')}</h2>
        {unseen > 0 && (
          <p class="unseen-count" role="status">
            <strong>{unseen}</strong> {t('unacknowledgedCount')}
          </p>
        )}
        <BeginModeButton />
      </div>
      {alarms.value.length === 0 ? (
        <NoAlarms />
      ) : (
        <ol>
          {isMany
            ? groupAlarms(alarms.value).map((group) => <Group key={group.key} group={group} />)
            : alarms.value.map((alarm) => <AlarmCard key={alarm.id} alarm={alarm} />)}
        </ol>
      )}
    </section>
  )
}

/** The first of its kind, and behind a button the others: hundreds of lines with one cause must not push a fire off the screen. */
function Group({ group: { first, alarms: members } }: { readonly group: AlarmGroup }) {
  const isOpen = useSignal(false)
  const others = members.length - 1
  return (
    <>
      <AlarmCard alarm={first} />
      {others > 0 && (
        <li class="alarm-group">
          <button type="button" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
            {isOpen.value ? t('hideSimilar') : t('showSimilar')} ({others})
          </button>
        </li>
      )}
      {isOpen.value && members.slice(1).map((alarm) => <AlarmCard key={alarm.id} alarm={alarm} />)}
    </>
  )
}

/** Green only where the page knows enough to say so. */
function NoAlarms() {
  const unusable = unusablePoints.value
  return (
    <div class={`no-alarms ${unusable === 0 ? 'well' : 'unsure'}`}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d={unusable === 0 ? 'M4.5 12.5 10 18 20 6.5' : 'M12 4.5v10M12 19v.3'} />
      </svg>
      <p>
        <strong>{t('noAlarms')}</strong>
        {unusable === 0 ? t('allUsable') : `${unusable} ${t('unusable')}`}
      </p>
    </div>
  )
}
