import { effect } from '@preact/signals'
import { render } from 'preact'
import { App } from './app.tsx'
import { startFeed } from './feed.ts'
import { local, t } from './i18n.ts'
import { connection, info, language, unacknowledged } from './store.ts'

const root = document.getElementById('app')
if (root !== null) render(<App />, root)

effect(() => {
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en'
})

// The tab says what matters when the page is behind others.
effect(() => {
  const count = unacknowledged.value.length
  const station = info.value === null ? t('product') : local(info.value.station.name)
  const lost = connection.value === 'lost' ? `⚠ ${t('lost')} · ` : ''
  document.title = `${lost}${count > 0 ? `(${count}) ` : ''}${station}`
})

startFeed()
