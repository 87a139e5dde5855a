import type { Mode } from '../../../mode.ts'
import { endMode, underWay } from '../commands.ts'
import { formatTime } from '../format.ts'
import { modeName, t } from '../i18n.ts'
import { connection, modes, points, who } from '../store.ts'

/** Whoever looks at a list without alarms must know that somebody has put some of them aside. */
export function ModeBanner() {
  return (
    <ul class="modes" aria-label={t('modes')}>
      {modes.value.map((mode) => (
        <li key={mode.id} class={mode.type}>
          <strong>{modeName(mode.type)}</strong>
          <span>{targetName(mode)}</span>
          <span>
            {mode.by}: {mode.comment}
          </span>
          <span class="when">
            {t('until')} {formatTime(mode.until)}
          </span>
          {who.value?.role !== 'viewer' && (
            <button
              type="button"
              aria-label={`${t('endMode')}: ${modeName(mode.type)}, ${targetName(mode)}`}
              disabled={underWay.value.has(mode.id) || connection.value !== 'live'}
              onClick={() => endMode(mode.id)}
            >
              {t('endMode')}
            </button>
          )}
        </li>
      ))}
    </ul>
  )
}

/** As people call it; the whole station needs no name on its own page. */
function targetName({ target: { type, id } }: Mode): string {
  if (type === 'station') return t('wholeStation')
  if (type === 'place') return id
  const point = points.value.values().find((known) => (type === 'point' ? known.id : known.device) === id)
  return point?.deviceName ?? id
}
