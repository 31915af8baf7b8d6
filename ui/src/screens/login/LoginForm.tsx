// SPDX-License-Identifier: Apache-2.0
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from 'react'
import { api, take } from '../../api/client'
import { isCode } from '../../api/problem'
import { currentSession, sessionStarted } from '../../api/session'
import { setLanguage, useLanguage, useT } from '../../i18n'
import { isIme } from '../../lib/ime'
import { hasFullWidth } from '../../lib/normalise'
import { messageOf } from '../../parts/toast'

export function LanguageSwitch() {
  const t = useT()
  const language = useLanguage()
  return (
    <span className="seg" role="group" aria-label={t('login.language')}>
      <button type="button" lang="ja" aria-pressed={language === 'ja'} onClick={() => setLanguage('ja')}>日本語</button>
      <button type="button" lang="en" aria-pressed={language === 'en'} onClick={() => setLanguage('en')}>English</button>
    </span>
  )
}

/** `over`: the session ended while working; the page behind keeps what was typed. */
export function LoginForm({ over = false }: { over?: boolean }) {
  const t = useT()
  const language = useLanguage()
  const queries = useQueryClient()
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const [caps, setCaps] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const [wait, setWait] = useState(0)
  const first = useRef<HTMLInputElement>(null)
  const composing = useRef(false)
  useEffect(() => { first.current?.focus() }, [])
  useEffect(() => {
    if (wait <= 0) return
    const timer = window.setTimeout(() => setWait(wait - 1), 1000)
    return () => window.clearTimeout(timer)
  }, [wait])
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (composing.current || busy || wait > 0) return
    if (!login.trim() || !password) return setError(t('login.required'))
    setBusy(true)
    setError(null)
    try {
      const before = currentSession()?.user.id
      const session = await take(api.POST('/session', { body: { login: login.normalize('NFKC').trim(), password, language } }))
      if (before && before !== session.user.id) {
        window.location.reload()
        return
      }
      sessionStarted(session)
      if (!before) await queries.invalidateQueries()
    } catch (failure) {
      setPassword('')
      if (isCode(failure, 'login_slowed')) setWait(failure.problem.retry_after ?? 30)
      setError(messageOf(failure))
    } finally {
      setBusy(false)
    }
  }
  const keys = (event: KeyboardEvent) => {
    setCaps(event.getModifierState?.('CapsLock') ?? false)
    if (event.key === 'Enter' && isIme(event)) event.preventDefault()
  }
  const hint = hasFullWidth(login) ? t('login.fullWidth') : caps ? t('login.caps') : undefined
  return (
    <form
      className="card login-card stack" onSubmit={(event) => void submit(event)} onKeyDown={keys}
      onCompositionStart={() => { composing.current = true }} onCompositionEnd={() => { composing.current = false }}
    >
      <div className="login-logo"><h1>Juchu</h1><span className="muted">{over ? t('login.again') : t('login.tagline')}</span></div>
      <TextInput ref={first} label={t('login.login')} name="login" autoComplete="username" autoCapitalize="none" spellCheck={false} value={login} onChange={(event) => setLogin(event.currentTarget.value)} description={hint} inputWrapperOrder={['label', 'input', 'description', 'error']} />
      <PasswordInput label={t('login.password')} name="password" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
      <div role="alert">{error && <div className="notice" data-tone="red">{error}{wait > 0 && ` ${t('login.wait', { n: wait })}`}</div>}</div>
      <Button type="submit" fullWidth loading={busy} disabled={wait > 0}>{t('login.submit')}</Button>
      <LanguageSwitch />
    </form>
  )
}
