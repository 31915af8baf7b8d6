// SPDX-License-Identifier: Apache-2.0
import { Button, Modal, PasswordInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { api, take } from '../api/client'
import { fieldErrors } from '../api/problem'
import { useT } from '../i18n'
import { messageOf, toast } from '../parts/toast'

export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const t = useT()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const fields = fieldErrors(error)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    try {
      await take(api.POST('/me/password', { body: { current_password: current, new_password: next } }))
      toast({ message: t('person.passwordDone') })
      onClose()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} title={t('person.password')}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <PasswordInput label={t('person.passwordNow')} autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.currentTarget.value)} error={fields.current_password} data-autofocus />
        <PasswordInput label={t('person.passwordNext')} autoComplete="new-password" value={next} onChange={(event) => setNext(event.currentTarget.value)} error={fields.new_password ?? (next && next.length < 12 ? t('person.passwordShort') : undefined)} />
        <div role="alert">{error !== null && Object.keys(fields).length === 0 && <div className="notice" data-tone="red">{messageOf(error)}</div>}</div>
        <Button type="submit" loading={busy} disabled={!current || next.length < 12}>{t('person.passwordChange')}</Button>
      </form>
    </Modal>
  )
}
