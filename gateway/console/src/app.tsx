import { AlarmList } from './components/alarm-list.tsx'
import { ConnectionBanner } from './components/connection-banner.tsx'
import { Header } from './components/header.tsx'
import { LogIn } from './components/log-in.tsx'
import { ModeBanner } from './components/mode-banner.tsx'
import { ModeDialog } from './components/mode-form.tsx'
import { Notice } from './components/notice.tsx'
import { OperatorDialog } from './components/operator-dialog.tsx'
import { PointTable } from './components/point-table.tsx'
import { Trend } from './components/trend.tsx'
import { t } from './i18n.ts'
import { connection, info } from './store.ts'

export function App() {
  if (connection.value === 'locked') return <LogIn />
  if (info.value === null) return <p class="waiting">{t('connecting')}</p>
  return (
    <div class={`page ${connection.value}`}>
      <Header />
      <ConnectionBanner />
      <ModeBanner />
      <Notice />
      <main>
        <AlarmList />
        <div class="measurements">
          <Trend />
          <PointTable />
        </div>
      </main>
      <OperatorDialog />
      <ModeDialog />
    </div>
  )
}
