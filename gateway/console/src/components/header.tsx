import { PRIORITIES } from '../../../alarm-model.ts'
import { nameWanted } from '../commands.ts'
import { formatTime } from '../format.ts'
import { local, priorityName, t } from '../i18n.ts'
import { connection, countOf, info, language, now, operator, setLanguage, who } from '../store.ts'
import { PriorityMark } from './priority-mark.tsx'

export function Header() {
  const station = info.value?.station
  return (
    <header>
      <div class="station">
        <img src="./icon.svg" alt="" width="36" height="36" />
        <div>
          <h1>{station === undefined ? t('product') : local(station.name)}</h1>
          <p>{station?.address}</p>
        </div>
      </div>
      <Counts />
      <div class="session">
        <ConnectionState />
        <button type="button" class="quiet" onClick={() => (nameWanted.value = { goOn: () => {} })}>
          <span class="label">{t('operator')}</span> {operator.value || t('operatorNone')}
          {who.value?.role === 'viewer' && ` (${t('viewerOnly')})`}
        </button>
        <button type="button" class="quiet" onClick={() => setLanguage(language.value === 'zh' ? 'en' : 'zh')}>
          {t('otherLanguage')}
        </button>
      </div>
    </header>
  )
}

function Counts() {
  const counts = countOf.value
  return (
    <ul class="counts" aria-label={t('alarms')}>
      {[...PRIORITIES].reverse().map((priority) => (
        <li key={priority} class={counts[priority] === 0 ? 'none' : priority}>
          <PriorityMark priority={priority} hollow={counts[priority] === 0} />
          <span class="count">{counts[priority]}</span>
          <span>{priorityName(priority)}</span>
        </li>
      ))}
      <li class={counts.fault === 0 ? 'none' : 'fault'}>
        <span class="count">{counts.fault}</span>
        <span>{t('faults')}</span>
      </li>
    </ul>
  )
}

function ConnectionState() {
  const state = connection.value
  return (
    <p class={`connection ${state}`}>
      <span class="dot" aria-hidden="true" />
      {state === 'live' ? t('live') : state === 'lost' ? t('lost') : t('connecting')}
      {state === 'live' && <time>{formatTime(now.value)}</time>}
    </p>
  )
}
