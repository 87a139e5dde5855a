import { useSignal } from '@preact/signals'
import { logIn } from '../api.ts'
import { connect } from '../feed.ts'
import { t } from '../i18n.ts'

export function LogIn() {
  const token = useSignal('')
  const problem = useSignal('')
  const submit = async () => {
    try {
      await logIn(token.value.trim())
      await connect()
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error)
    }
  }
  return (
    <main class="log-in">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <h1>{t('logInTitle')}</h1>
        <p>{t('logInHint')}</p>
        <label>
          {t('token')}
          <input
            name="token"
            type="password"
            autocomplete="current-password"
            required
            value={token.value}
            onInput={(event) => (token.value = event.currentTarget.value)}
          />
        </label>
        <p role="alert" class="problem">
          {problem.value}
        </p>
        <button type="submit" class="primary">
          {t('logIn')}
        </button>
      </form>
    </main>
  )
}
