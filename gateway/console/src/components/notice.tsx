import { local, t } from '../i18n.ts'
import { notice } from '../store.ts'

export function Notice() {
  return (
    <div role="status">
      {notice.value !== null && (
        <div class="notice">
          <span>{local(notice.value)}</span>
          <button type="button" class="quiet" onClick={() => (notice.value = null)}>
            {t('close')}
          </button>
        </div>
      )}
    </div>
  )
}
