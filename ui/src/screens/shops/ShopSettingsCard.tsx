// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { api, take } from '../../api/client'
import { fieldErrors } from '../../api/problem'
import { useSession } from '../../api/session'
import type { Shop } from '../../api/types'
import { SettingFields, type SettingsSchema, type SettingValues } from '../../blocks/SettingFields'
import { useT } from '../../i18n'
import { may } from '../../lib/permissions'
import { messageOf, toast } from '../../parts/toast'

export function ShopSettingsCard({ shop, schema, onSaved }: { shop: Shop; schema: SettingsSchema; onSaved: () => unknown }) {
  const t = useT()
  const allowed = may(useSession().user.role, 'manager')
  const [changes, setChanges] = useState<SettingValues>({})
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      await take(api.PATCH('/shops/{id}', { params: { path: { id: shop.id } }, body: { settings: changes } }))
      setChanges({})
      toast({ message: t('shops.settingsSaved') })
      await onSaved()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  const dirty = Object.keys(changes).length > 0
  if (schema.settings.length === 0) return null
  return (
    <section className="card" aria-label={t('shops.settings')}>
      <div className="card-head"><h3>{t('shops.settings')}</h3>{!allowed && <span className="muted">{t('common.managerOnly')}</span>}</div>
      <form className="card-body stack" onSubmit={(event) => void submit(event)}>
        <SettingFields schema={schema} values={{ ...shop.settings, ...changes }} onChange={(name, value) => setChanges({ ...changes, [name]: value })} errors={fieldErrors(error)} disabled={!allowed} />
        <div role="alert">{error !== null && <div className="notice" data-tone="red">{messageOf(error)}</div>}</div>
        {dirty && <div className="line"><Button size="xs" type="submit" loading={busy}>{t('shops.settingsSave')}</Button><Button size="xs" variant="default" onClick={() => setChanges({})}>{t('common.discard')}</Button></div>}
      </form>
    </section>
  )
}
