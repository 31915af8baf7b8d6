// SPDX-License-Identifier: Apache-2.0
import { Button, Modal, Select, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { api, take } from '../../api/client'
import { useMalls } from '../../api/hooks'
import { keys } from '../../api/keys'
import { fieldErrors } from '../../api/problem'
import { SettingFields, type SettingValues } from '../../blocks/SettingFields'
import { useT } from '../../i18n'
import { messageOf, toast } from '../../parts/toast'

export function AddShop({ onClose, onAdded }: { onClose: () => void; onAdded: (id: string) => void }) {
  const t = useT()
  const malls = useMalls()
  const queries = useQueryClient()
  const [mall, setMall] = useState<string | null>(null)
  const [name, setName] = useState('')
  const [values, setValues] = useState<SettingValues>({})
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const schema = useQuery({ queryKey: keys.settingsSchema(mall ?? ''), queryFn: () => take(api.GET('/malls/{mall}/settings-schema', { params: { path: { mall: mall ?? '' } } })), enabled: mall !== null, placeholderData: undefined })
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (!mall) return
    setBusy(true)
    setError(null)
    try {
      const shop = await take(api.POST('/shops', { body: { mall, name: name.trim(), settings: values } }))
      toast({ message: t('shops.added', { shop: shop.name }) })
      await queries.invalidateQueries({ queryKey: keys.shops })
      onAdded(shop.id)
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} title={t('shops.add')} size="lg">
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <Select label={t('shops.mall')} data={malls.map((item) => ({ value: item.mall, label: item.name }))} value={mall} onChange={(value) => { setMall(value); setValues({}) }} data-autofocus />
        <TextInput label={t('shops.name')} value={name} maxLength={100} onChange={(event) => setName(event.currentTarget.value)} />
        {schema.data && <SettingFields schema={schema.data} values={values} onChange={(key, value) => setValues({ ...values, [key]: value })} errors={fieldErrors(error)} />}
        <div role="alert">{error !== null && <div className="notice" data-tone="red">{messageOf(error)}</div>}</div>
        <p className="muted">{t('shops.addNext')}</p>
        <div className="line"><Button size="sm" type="submit" loading={busy} disabled={!mall || !name.trim()}>{t('shops.addDo')}</Button><Button size="sm" variant="default" onClick={onClose}>{t('common.stop')}</Button></div>
      </form>
    </Modal>
  )
}
