import { t } from '../i18n.ts'
import { alarms, unacknowledged } from '../store.ts'
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
        <div class="all-well">
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M4.5 12.5 10 18 20 6.5" />
          </svg>
          <p>
            <strong>{t('noAlarms')}</strong>
            {t('noAlarmsDetail')}
          </p>
        </div>
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
