// SPDX-License-Identifier: Apache-2.0
import { Button, PasswordInput, Textarea } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { api, take } from '../../api/client'
import { useSession } from '../../api/session'
import type { Credential, ShopHealth } from '../../api/types'
import { useT } from '../../i18n'
import { credentialLeft } from '../../lib/credentials'
import { dayToInstant, formatFull } from '../../lib/dates'
import { may } from '../../lib/permissions'
import { Badge } from '../../parts/Badges'
import { DateField } from '../../parts/DateField'
import { messageOf, toast } from '../../parts/toast'

type Kind = { kind: string; label: string; required: boolean; help?: string | null; where?: string | null; url?: string | null; multiline?: boolean; consent?: boolean }
type Props = { shop: ShopHealth; kind: Kind; current: Credential | undefined; onSaved: () => unknown }

export function CredentialCard({ shop, kind, current, onSaved }: Props) {
  const t = useT()
  const allowed = may(useSession().user.role, 'manager')
  const [open, setOpen] = useState(false)
  const [secret, setSecret] = useState('')
  const [expires, setExpires] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const left = credentialLeft(current ?? { present: false })
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      await take(api.PUT('/shops/{id}/credentials/{kind}', { params: { path: { id: shop.shop_id, kind: kind.kind } }, body: { secret: secret.trim(), ...(expires && { expires_at: dayToInstant(expires, true) }) } }))
      setSecret('')
      setOpen(false)
      toast({ message: t('key.saved', { label: kind.label }) })
      await onSaved()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  const consent = async () => {
    setBusy(true)
    setError(null)
    try {
      window.location.assign((await take(api.POST('/shops/{id}/consent', { params: { path: { id: shop.shop_id } } }))).url)
    } catch (failure) {
      setError(failure)
      setOpen(true)
      setBusy(false)
    }
  }
  const field = { label: kind.label, value: secret, description: kind.where ?? kind.help ?? undefined, autoComplete: 'off', spellCheck: false, 'data-autofocus': true }
  return (
    <section className="card" aria-label={kind.label}>
      <div className="card-head">
        <h3>{kind.label}</h3>
        <Badge tone={left.tone}>{t(left.key, { n: left.days })}</Badge>
        {current?.expires_at && <span className="muted">{formatFull(current.expires_at)}</span>}
        <span className="grow" />
        {kind.consent && <Button size="compact-xs" loading={busy} disabled={!allowed} title={allowed ? undefined : t('common.managerOnly')} onClick={() => void consent()}>{t('key.consent')}</Button>}
        <Button size="compact-xs" variant="default" disabled={!allowed} title={allowed ? undefined : t('common.managerOnly')} onClick={() => setOpen(!open)} aria-expanded={open}>{t(current?.present ? 'key.renew' : 'key.enter')}</Button>
      </div>
      {(current?.last_error || open) && (
        <div className="card-body stack">
          {current?.last_error && <div className="notice" data-tone="red">{current.last_error.detail}</div>}
          {open && (
            <form className="stack" onSubmit={(event) => void submit(event)}>
              {kind.multiline
                ? <Textarea {...field} autosize minRows={4} maxRows={10} onChange={(event) => setSecret(event.currentTarget.value)} />
                : <PasswordInput {...field} onChange={(event) => setSecret(event.currentTarget.value)} />}
              {kind.url && <a href={kind.url} target="_blank" rel="noreferrer noopener">{kind.url}</a>}
              <DateField label={t('key.expires')} value={expires} onChange={setExpires} className="parcel-date" />
              <div role="alert">{error !== null && <div className="notice" data-tone="red">{messageOf(error)}</div>}</div>
              <div className="line">
                <Button size="xs" type="submit" loading={busy} disabled={!secret.trim()}>{t('key.save')}</Button>
                <span className="muted">{t('key.sealed')}</span>
              </div>
            </form>
          )}
        </div>
      )}
    </section>
  )
}
