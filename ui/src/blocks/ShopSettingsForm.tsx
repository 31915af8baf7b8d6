// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { api, ifMatch, take, takeTagged } from '../api/client'
import { keys } from '../api/keys'
import { fieldErrors, isConflict } from '../api/problem'
import { useSession } from '../api/session'
import { useT } from '../i18n'
import { count } from '../lib/money'
import { may } from '../lib/permissions'
import { Loading, ProblemView } from '../parts/States'
import { messageOf, toast } from '../parts/toast'
import { SettingFields, type SettingsSchema, type SettingValues } from './SettingFields'
import { WhatIfDialog } from './WhatIfView'

type Props = { id: string; schema: SettingsSchema; onSaved: () => unknown }
const groups = ['connection', 'fetch', 'write', 'advanced'] as const

/** A shop's settings in the groups that its mall declares; before saving it shows what changes and for which orders. */
export function ShopSettingsForm({ id, schema, onSaved }: Props) {
  const t = useT()
  const queries = useQueryClient()
  const allowed = may(useSession().user.role, 'manager')
  const path = { params: { path: { id } } }
  const query = useQuery({ queryKey: keys.shopSettings(id), queryFn: () => takeTagged(api.GET('/shops/{id}', path)), placeholderData: undefined, refetchOnWindowFocus: false })
  const [changes, setChanges] = useState<SettingValues>({})
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const effect = useQuery({ queryKey: keys.shopWhatIf(id, changes), queryFn: () => take(api.POST('/shops/{id}/what-if', { ...path, body: { settings: changes } })), enabled: allowed, retry: false })
  if (query.isError && !query.data) return <ProblemView error={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Loading />
  const { data: shop, tag } = query.data
  const values = { ...shop.settings, ...changes }
  const dirty = Object.keys(changes).length > 0
  const store = async () => {
    setBusy(true)
    setError(null)
    try {
      await take(api.PATCH('/shops/{id}', { ...path, headers: ifMatch(tag), body: { settings: changes } }))
      setChanges({})
      toast({ message: t('settings.saved') })
      await onSaved()
    } catch (failure) {
      setError(failure)
      if (isConflict(failure)) toast({ message: t('settings.conflict'), tone: 'failed' })
    } finally {
      setAsking(false)
      setBusy(false)
      await queries.invalidateQueries({ queryKey: keys.shopSettings(id) })
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setError(null)
    setAsking(true)
  }
  const words = (name: string, value: unknown): string => {
    const setting = schema.settings.find((item) => item.name === name)
    const one = (code: unknown) => setting?.choices?.find((choice) => choice.code === String(code))?.label ?? String(code)
    if (value === undefined || value === null || value === '') return t('value.none')
    if (typeof value === 'boolean') return t(value ? 'settings.on' : 'settings.off')
    return Array.isArray(value) ? value.map(one).join('、') || t('value.none') : one(value)
  }
  const counts: Record<string, string> = {}
  for (const item of effect.data?.status_counts ?? []) counts[item.code] = t('shopset.count', { n: count(item.count) })
  const errors = fieldErrors(error ?? effect.error)
  return (
    <form className="stack" onSubmit={submit}>
      {groups.map((group) => {
        const settings = schema.settings.filter((setting) => (setting.group ?? 'connection') === group)
        if (settings.length === 0) return null
        return (
          <section key={group} className="card" aria-label={t(`group.${group}`)}>
            <div className="card-head"><h3>{t(`group.${group}`)}</h3>{!allowed && <span className="muted">{t('common.managerOnly')}</span>}</div>
            <div className="card-body stack"><SettingFields schema={{ ...schema, settings }} values={values} notes={{ fetch_statuses: counts }} onChange={(name, value) => setChanges({ ...changes, [name]: value })} errors={errors} disabled={!allowed} /></div>
          </section>
        )
      })}
      <div role="alert">{error !== null && <div className="notice" data-tone="red">{messageOf(error)}</div>}</div>
      {dirty && <div className="save-bar line"><span role="status">{t('settings.unsaved', { n: Object.keys(changes).length })}</span><Button size="xs" type="submit" disabled={effect.isError}>{t('settings.check')}</Button><Button size="xs" variant="default" onClick={() => { setChanges({}); setError(null) }}>{t('common.discard')}</Button></div>}
      {asking && (
        <WhatIfDialog result={effect.data?.what_if} error={effect.error} kind="listings" busy={busy} onClose={() => setAsking(false)} onSave={() => void store()}>
          <ul className="changes">{Object.entries(changes).map(([name, value]) => <li key={name}>{t('shopset.changed', { label: schema.settings.find((setting) => setting.name === name)?.label ?? name, before: words(name, shop.settings?.[name] ?? schema.settings.find((setting) => setting.name === name)?.default), after: words(name, value) })}</li>)}</ul>
        </WhatIfDialog>
      )}
    </form>
  )
}
