// SPDX-License-Identifier: Apache-2.0
import { Button, Drawer, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { api, take } from '../../api/client'
import { useShops } from '../../api/hooks'
import { keys } from '../../api/keys'
import { useSession } from '../../api/session'
import type { ShopHealth, ShopTest } from '../../api/types'
import { GapTable } from '../../blocks/GapTable'
import { ShopSettingsForm } from '../../blocks/ShopSettingsForm'
import { useT } from '../../i18n'
import { formatFull } from '../../lib/dates'
import { may } from '../../lib/permissions'
import { Badge, CopyButton, HealthBadge, ShopName } from '../../parts/Badges'
import { toast, toastError } from '../../parts/toast'
import { CredentialCard } from './CredentialCard'

export function ShopDrawer({ shop, onClose }: { shop: ShopHealth | undefined; onClose: () => void }) {
  return (
    <Drawer opened={shop !== undefined} onClose={onClose} size={760} title={shop && <span className="line"><ShopName mall={shop.mall} name={shop.shop} /><HealthBadge health={shop.health} /></span>}>
      {shop && <Body key={shop.shop_id} shop={shop} />}
    </Drawer>
  )
}

function Body({ shop }: { shop: ShopHealth }) {
  const t = useT()
  const role = useSession().user.role
  const [, navigate] = useLocation()
  const queries = useQueryClient()
  const shops = useShops()
  const [busy, setBusy] = useState('')
  const [test, setTest] = useState<ShopTest | null>(null)
  const [reason, setReason] = useState('')
  const gaps = useQuery({ queryKey: keys.gaps(shop.shop_id), queryFn: () => take(api.GET('/shops/{id}/gaps', { params: { path: { id: shop.shop_id } } })), placeholderData: undefined })
  const schema = useQuery({ queryKey: keys.settingsSchema(shop.mall), queryFn: () => take(api.GET('/malls/{mall}/settings-schema', { params: { path: { mall: shop.mall } } })), staleTime: 300_000, placeholderData: undefined })
  const path = { params: { path: { id: shop.shop_id } } }
  const act = async (name: string, work: () => Promise<void>) => {
    setBusy(name)
    try {
      await work()
    } catch (error) {
      toastError(error)
    } finally {
      setBusy('')
    }
  }
  const kinds = schema.data?.credentials ?? shop.credentials.map((item) => ({ kind: item.kind, label: item.label, required: true }))
  const self = shops.find((item) => item.id === shop.shop_id)
  const refresh = () => queries.invalidateQueries({ queryKey: keys.shops })
  return (
    <div className="stack">
      {shop.reasons?.map((item) => <div key={item.code} className="notice" data-tone={shop.health === 'down' ? 'red' : 'yellow'}>{item.detail}</div>)}
      {shop.last_error && (
        <p className="muted">{t('shops.lastError', { time: formatFull(shop.last_error.at) })} {shop.last_error.detail}{shop.last_error.text && ` 「${shop.last_error.text}」`}{shop.last_error.code && ` (${shop.last_error.code})`}</p>
      )}
      <div className="line">
        <Button size="xs" loading={busy === 'fetch'} disabled={!may(role, 'staff') || !shop.enabled} onClick={() => void act('fetch', async () => {
          const started = await take(api.POST('/shops/{id}/fetch', { ...path, body: {} }))
          navigate(`/fetch/${started.fetch_run.id}`)
        })}>{t('shops.fetchNow')}</Button>
        <Button size="xs" variant="default" loading={busy === 'test'} disabled={!may(role, 'staff')} onClick={() => void act('test', async () => { setTest(await take(api.POST('/shops/{id}/test', path))) })}>{t('shops.test')}</Button>
      </div>
      {test && (
        <section className="card" aria-label={t('shops.test')}>
          <div className="card-head"><h3>{t('shops.test')}</h3><Badge tone={test.ok ? 'green' : 'red'}>{t(test.ok ? 'shops.testOk' : 'shops.testBad')}</Badge></div>
          <table className="simple">
            <thead><tr><th scope="col">{t('shops.call')}</th><th scope="col">{t('fetch.state')}</th><th scope="col">{t('common.reason')}</th></tr></thead>
            <tbody>{test.results.map((row) => (
              <tr key={row.call}><td>{row.label}</td><td><Badge tone={row.outcome === 'ok' ? 'green' : row.outcome === 'not_tested' ? 'grey' : 'red'}>{t(`test.${row.outcome}`)}</Badge></td><td>{row.error?.detail ?? row.detail ?? ''}{row.error?.text && ` 「${row.error.text}」`}</td></tr>
            ))}</tbody>
          </table>
          {test.outgoing_addresses && test.outgoing_addresses.length > 0 && <p className="card-body muted">{t('shops.addresses')} {test.outgoing_addresses.map((address) => <span key={address} className="nowrap">{address}<CopyButton text={address} /></span>)}</p>}
        </section>
      )}
      {kinds.map((kind) => <CredentialCard key={kind.kind} shop={shop} kind={kind} current={shop.credentials.find((item) => item.kind === kind.kind)} onSaved={refresh} />)}
      {schema.data && <ShopSettingsForm id={shop.shop_id} schema={schema.data} onSaved={refresh} />}
      <section className="card" aria-label={t('fetch.tab.gaps')}>
        <div className="card-head"><h3>{t('fetch.tab.gaps')}</h3></div>
        {gaps.data && gaps.data.gaps.length > 0 ? <GapTable gaps={gaps.data.gaps} shops={shops} oneShop /> : <p className="card-body muted">{gaps.isSuccess ? t('gaps.none') : t('common.loading')}</p>}
      </section>
      <section className="card" aria-label={t('shops.automatic')}>
        <div className="card-head"><h3>{t('shops.automatic')}</h3></div>
        <div className="card-body stack">
          {shop.enabled ? (
            <form className="line line-top" onSubmit={(event) => {
              event.preventDefault()
              void act('enable', async () => {
                await take(api.PATCH('/shops/{id}', { ...path, body: { enabled: false, disabled_reason: reason.trim() } }))
                toast({ message: t('shops.stopped', { shop: shop.shop }) })
                await refresh()
              })
            }}>
              <TextInput size="xs" className="grow" label={t('shops.stopReason')} value={reason} onChange={(event) => setReason(event.currentTarget.value)} maxLength={200} />
              <Button size="xs" type="submit" variant="default" className="beside-field" loading={busy === 'enable'} disabled={!may(role, 'manager') || !reason.trim()} title={may(role, 'manager') ? undefined : t('common.managerOnly')}>{t('shops.stop')}</Button>
            </form>
          ) : (
            <>
              {self?.disabled_at && <p className="muted">{t('shops.stoppedBy', { who: self.disabled_by ?? '—', time: formatFull(self.disabled_at), why: self.disabled_reason ?? '—' })}</p>}
              <Button size="xs" className="self-start" loading={busy === 'enable'} disabled={!may(role, 'manager')} title={may(role, 'manager') ? undefined : t('common.managerOnly')} onClick={() => void act('enable', async () => {
                await take(api.PATCH('/shops/{id}', { ...path, body: { enabled: true } }))
                toast({ message: t('shops.resumed', { shop: shop.shop }) })
                await refresh()
              })}>{t('shops.resume')}</Button>
            </>
          )}
        </div>
      </section>
    </div>
  )
}
