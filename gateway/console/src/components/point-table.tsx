import { computed } from '@preact/signals'
import type { PointView } from '../../../http/gateway-view.ts'
import type { Reading } from '../../../model.ts'
import { formatAge, formatValue, unitOf } from '../format.ts'
import { local, priorityName, qualityName, reasonName, t } from '../i18n.ts'
import { alarmOfPoint, points, selectedPoint } from '../store.ts'
import { PriorityMark } from './priority-mark.tsx'
import { showTrend } from './trend.tsx'

const inPlaces = computed(() =>
  [...points.value.values()].sort(
    (a, b) => a.kind.localeCompare(b.kind) || a.device.localeCompare(b.device) || a.id.localeCompare(b.id),
  ),
)

export function PointTable() {
  return (
    <section class="points panel" aria-labelledby="points-title">
      <div class="section-title">
        <h2 id="points-title">{t('points')}</h2>
      </div>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('point')}</th>
            <th scope="col">{t('place')}</th>
            <th scope="col" class="number">
              {t('value')}
            </th>
            <th scope="col">{t('quality')}</th>
            <th scope="col">{t('age')}</th>
          </tr>
        </thead>
        <tbody>
          {inPlaces.value.map((point) => (
            <PointRow key={point.id} point={point} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function PointRow({ point }: { readonly point: PointView }) {
  const { reading } = point
  const selected = selectedPoint.value === point.id
  return (
    <tr class={selected ? 'selected' : ''} onClick={() => showTrend(point.id)}>
      <th scope="row">
        <button type="button" class="link" aria-pressed={selected}>
          {local(point.name)}
        </button>
        <span class="device">{point.deviceName}</span>
      </th>
      <td class="place">{point.place}</td>
      <ValueCell point={point} />
      <td class={`quality ${reading?.quality ?? ''}`}>{reading === null ? '' : <QualityText reading={reading} />}</td>
      <td class="age">{reading === null ? t('neverRead') : formatAge(reading.time)}</td>
    </tr>
  )
}

function ValueCell({ point }: { readonly point: PointView }) {
  const alarm = alarmOfPoint.value.get(point.id)
  const { reading } = point
  const usable = reading !== null && reading.value !== null
  const words = typeof reading?.value === 'string' || point.states !== null ? 'words' : ''
  return (
    <td class={`number ${words} ${alarm?.priority ?? ''} ${reading?.quality ?? ''}`}>
      {alarm !== undefined && (
        <span title={`${priorityName(alarm.priority)}: ${local(alarm.name)}`}>
          <PriorityMark priority={alarm.priority} />
        </span>
      )}
      <strong>{formatValue(point, reading?.value ?? null)}</strong>
      <span class="unit">{usable ? unitOf(point) : ''}</span>
    </td>
  )
}

function QualityText({ reading }: { readonly reading: Reading }) {
  return (
    <span class={`quality-text ${reading.quality}`}>
      {qualityName(reading.quality)}
      {reading.reason !== undefined && <span class="why">{reasonName(reading.reason)}</span>}
    </span>
  )
}
