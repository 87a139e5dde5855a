import { t } from '../i18n.ts'
import { alarms, unacknowledged, unusablePoints } from '../store.ts'
import { AlarmCard } from './alarm-card.tsx'

export function AlarmList() {
  const unseen = unacknowledged.value.length
  return (
    <section class="alarms" aria-labelledby="alarms-title">
      <div class="section-title">
        <h2 id="alarms-title">{t('alarms')}</h2>
        {unseen > 0 && (
          <p class="unseen-count" role="status">
            <strong>{unseen}</strong> {t('unacknowledgedCount')}
          </p>
        )}
      </div>
      {alarms.value.length === 0 ? (
        <NoAlarms />
      ) : (
        <ol>
          {alarms.value.map((alarm) => (
            <AlarmCard key={alarm.id} alarm={alarm} />
          ))}
        </ol>
      )}
    </section>
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
