import { useSignal } from '@preact/signals'
import { nameWanted } from '../commands.ts'
import { t } from '../i18n.ts'
import { operator, setOperator } from '../store.ts'
import { Dialog } from './dialog.tsx'

export function OperatorDialog() {
  return nameWanted.value === null ? null : <NameForm />
}

function NameForm() {
  const name = useSignal(operator.value)
  const close = () => (nameWanted.value = null)
  const submit = () => {
    if (name.value.trim() === '') return
    const wanted = nameWanted.value
    setOperator(name.value)
    close()
    wanted?.goOn()
  }
  return (
    <Dialog title={t('operatorTitle')} onSubmit={submit} onClose={close}>
      <p>{t('operatorHint')}</p>
      <label>
        {t('name')}
        <input
          name="operator"
          value={name.value}
          maxLength={100}
          autocomplete="name"
          required
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
      </label>
      <div class="actions">
        <button type="button" onClick={close}>
          {t('cancel')}
        </button>
        <button type="submit" class="primary">
          {t('save')}
        </button>
      </div>
    </Dialog>
  )
}
