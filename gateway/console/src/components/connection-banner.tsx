import { formatAge, formatTime } from '../format.ts'
import { t } from '../i18n.ts'
import { connection, lastContactAt } from '../store.ts'

/** A page that shows old alarms as if they were of now would be worse than no page. */
export function ConnectionBanner() {
  const since = lastContactAt.value
  // Always in the page, so that a screen reader announces what appears in it.
  return (
    <div role="alert" class="lost-place">
      {connection.value === 'lost' && (
        <div class="lost-banner">
          <strong class="lost-title">{t('lost')}</strong>
          <span>{t('lostDetail')}</span>
          {since !== null && (
            <span class="when">
              {t('lastContact')} {formatTime(since)} ({formatAge(since)})
            </span>
          )}
        </div>
      )}
    </div>
  )
}
