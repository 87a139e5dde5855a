/** Begins maintenance, a drill or a test: of what, for how long, and why. */
import { computed, type Signal, signal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { LONGEST_MODE_MS, MODE_TYPES, type ModeTarget, type ModeType, TARGETS_OF } from '../../../mode.ts'
import { beginMode, withOperator } from '../commands.ts'
import { durationName, local, modeTypeName, t, targetTypeName } from '../i18n.ts'
import { connection, info, points, who } from '../store.ts'
import { Dialog } from './dialog.tsx'

const MINUTES: readonly number[] = [15, 30, 60, 120, 240, 480, 1440]
const COMMON_MINUTES = 60

const isOpen = signal(false)

export function BeginModeButton() {
  if (who.value?.role === 'viewer') return null
  return (
    <button
      type="button"
      class="begin-mode"
      disabled={connection.value !== 'live'}
      onClick={() => withOperator(() => (isOpen.value = true))}
    >
      {t('beginMode')}
    </button>
  )
}

export function ModeDialog() {
  return isOpen.value ? <ModeForm /> : null
}

interface Choice extends ModeTarget {
  readonly name: string
}

/** What modes can be of. Work on a place leaves alone what the gateway says of itself, so its places are not offered. */
const choices = computed<readonly Choice[]>(() => {
  const all = [...points.value.values()]
  const places = new Set(all.filter(({ kind }) => kind !== 'gateway').map(({ place }) => place))
  const devices = new Map(all.map(({ device, deviceName, place }) => [device, `${deviceName} · ${place}`]))
  const station = info.value?.station
  return [
    ...(station === undefined ? [] : [{ type: 'station' as const, id: station.id, name: t('wholeStation') }]),
    ...Array.from(places, (id) => ({ type: 'place' as const, id, name: id })),
    ...Array.from(devices, ([id, name]) => ({ type: 'device' as const, id, name })),
    ...all.map(({ id, name, deviceName }) => ({ type: 'point' as const, id, name: `${deviceName} · ${local(name)}` })),
  ]
})

function keyOf({ type, id }: ModeTarget): string {
  return `${type} ${id}`
}

function ModeForm() {
  const type = useSignal<ModeType>('maintenance')
  const target = useSignal('')
  const minutes = useSignal(COMMON_MINUTES)
  const why = useSignal('')
  const dispatch = useSignal(false)
  const problem = useSignal('')
  const isUnderWay = useSignal(false)
  const close = () => (isOpen.value = false)
  const offered = choices.value.filter((choice) => TARGETS_OF[type.value].includes(choice.type))
  const chosen = offered.find((choice) => keyOf(choice) === target.value) ?? offered[0]
  const longest = LONGEST_MODE_MS[type.value] / 60_000
  const submit = async () => {
    if (chosen === undefined || isUnderWay.value) return
    isUnderWay.value = true
    const wish = { type: type.value, target: { type: chosen.type, id: chosen.id }, comment: why.value.trim() }
    const refusal = await beginMode({ ...wish, minutes: Math.min(minutes.value, longest), dispatch: dispatch.value })
    isUnderWay.value = false
    if (refusal === null) close()
    else problem.value = local(refusal)
  }
  return (
    <Dialog title={t('beginModeTitle')} onSubmit={() => void submit()} onClose={close}>
      <Choose label={t('modeType')} value={type.value} onChosen={(value) => (type.value = value as ModeType)}>
        {MODE_TYPES.map((each) => option(each, modeTypeName(each)))}
      </Choose>
      <p>{t(`${type.value}Hint`)}</p>
      <Choose
        label={t('modeTarget')}
        value={chosen === undefined ? '' : keyOf(chosen)}
        onChosen={(value) => (target.value = value)}
      >
        {targetOptions(offered)}
      </Choose>
      <Choose
        label={t('modeDuration')}
        value={String(Math.min(minutes.value, longest))}
        onChosen={(value) => (minutes.value = Number(value))}
      >
        {MINUTES.filter((each) => each <= longest).map((each) => option(String(each), durationName(each)))}
      </Choose>
      <Reason why={why} />
      {type.value === 'test' && <Dispatch dispatch={dispatch} />}
      <p role="alert" class="problem">
        {problem.value}
      </p>
      <div class="actions">
        <button type="button" onClick={close}>
          {t('cancel')}
        </button>
        <button type="submit" class="primary" disabled={chosen === undefined || isUnderWay.value}>
          {t('begin')}
        </button>
      </div>
    </Dialog>
  )
}

function option(value: string, name: string) {
  return (
    <option key={value} value={value}>
      {name}
    </option>
  )
}

function targetOptions(offered: readonly Choice[]) {
  const types = [...new Set(offered.map(({ type }) => type))]
  if (types.length === 1) return offered.map((choice) => option(keyOf(choice), choice.name))
  return types.map((type) => (
    <optgroup key={type} label={targetTypeName(type)}>
      {offered.filter((choice) => choice.type === type).map((choice) => option(keyOf(choice), choice.name))}
    </optgroup>
  ))
}

function Choose(props: {
  readonly label: string
  readonly value: string
  readonly onChosen: (value: string) => void
  readonly children: ComponentChildren
}) {
  return (
    <label>
      {props.label}
      <select value={props.value} onChange={(event) => props.onChosen(event.currentTarget.value)}>
        {props.children}
      </select>
    </label>
  )
}

function Reason({ why }: { readonly why: Signal<string> }) {
  return (
    <label>
      {t('modeWhy')}
      <input
        value={why.value}
        maxLength={1000}
        required
        pattern=".*\S.*"
        onInput={(event) => (why.value = event.currentTarget.value)}
      />
    </label>
  )
}

function Dispatch({ dispatch }: { readonly dispatch: Signal<boolean> }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={dispatch.value}
        onChange={(event) => (dispatch.value = event.currentTarget.checked)}
      />
      {t('modeDispatch')}
    </label>
  )
}
