// SPDX-License-Identifier: Apache-2.0
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from 'wouter'
import { api, take } from '../../api/client'
import { useHealth, useShops } from '../../api/hooks'
import { keys } from '../../api/keys'
import { AddressesCard } from '../../blocks/AddressesCard'
import { ShopSettingsForm } from '../../blocks/ShopSettingsForm'
import { useT } from '../../i18n'
import { HealthBadge, ShopName } from '../../parts/Badges'
import { Empty, Loading, ProblemView } from '../../parts/States'

export function ShopsPage() {
  const t = useT()
  const shops = useShops()
  const health = useHealth().data?.shops ?? []
  return (
    <>
      {shops.length === 0 ? <Empty title={t('shops.none')}><Link href="/shops">{t('shops.add')}</Link></Empty> : (
        <div className="card simple-scroll" tabIndex={0} role="region" aria-label={t('settings.shops')}>
          <table className="simple">
            <thead><tr><th scope="col">{t('shopset.name')}</th><th scope="col">{t('shops.health')}</th><th scope="col">{t('group.fetch')}</th><th scope="col">{t('group.write')}</th><th scope="col"><span className="offscreen">{t('common.actions')}</span></th></tr></thead>
            <tbody>{shops.map((shop) => {
              const state = health.find((item) => item.shop_id === shop.id)
              return (
                <tr key={shop.id}>
                  <td className="nowrap"><strong><ShopName mall={shop.mall} name={shop.name} /></strong></td>
                  <td>{state && <HealthBadge health={state.health} />}</td>
                  <td>{t(shop.settings?.auto_fetch === false ? 'settings.off' : 'settings.on')}{state?.interval_minutes ? <span className="muted"> {t('shops.every', { n: state.interval_minutes })}</span> : null}</td>
                  <td>{t(shop.settings?.auto_push === false ? 'settings.off' : 'settings.on')}</td>
                  <td><Link href={`/settings/shops/${shop.id}`} aria-label={t('shopset.openOf', { shop: shop.name })}>{t('shopset.open')}</Link></td>
                </tr>
              )
            })}</tbody>
          </table>
        </div>
      )}
      <AddressesCard />
    </>
  )
}

export function ShopPage({ id }: { id: string }) {
  const t = useT()
  const queries = useQueryClient()
  const shop = useShops().find((item) => item.id === id)
  const mall = shop?.mall ?? ''
  const schema = useQuery({ queryKey: keys.settingsSchema(mall), queryFn: () => take(api.GET('/malls/{mall}/settings-schema', { params: { path: { mall } } })), enabled: mall !== '', staleTime: 300_000, placeholderData: undefined })
  if (schema.isError) return <ProblemView error={schema.error} onRetry={() => void schema.refetch()} />
  if (!shop || !schema.data) return <Loading />
  return (
    <>
      <h2 className="line"><ShopName mall={shop.mall} name={shop.name} /></h2>
      <p className="muted">{t('shopset.keys')} <Link href="/shops">{t('frame.shops')}</Link></p>
      <ShopSettingsForm id={id} schema={schema.data} onSaved={() => queries.invalidateQueries({ queryKey: keys.shops })} />
      <AddressesCard />
    </>
  )
}
