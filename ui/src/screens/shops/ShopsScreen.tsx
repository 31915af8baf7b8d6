// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core'
import { useEffect, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { useHealth } from '../../api/hooks'
import { useSession } from '../../api/session'
import type { ShopHealth } from '../../api/types'
import { WhyButton } from '../../blocks/WhyButton'
import { useLanguage, useT } from '../../i18n'
import * as vocabulary from '../../i18n/vocabulary'
import { credentialLeft } from '../../lib/credentials'
import { formatFull, formatTime, minutesToText } from '../../lib/dates'
import { count } from '../../lib/money'
import { may } from '../../lib/permissions'
import { Badge, HealthBadge, ShopName } from '../../parts/Badges'
import { Empty, Loading, ProblemView } from '../../parts/States'
import { toast } from '../../parts/toast'
import { AddShop } from './AddShop'
import { ShopDrawer } from './ShopDrawer'

const consentOutcomes = ['ok', 'refused', 'stored', 'declined', 'unknown'] as const

function Left({ shop }: { shop: ShopHealth }) {
  const t = useT()
  if (shop.credentials.length === 0) return <>—</>
  return (
    <span className="badges">
      {shop.credentials.map((item) => {
        const left = credentialLeft(item)
        return <Badge key={item.kind} tone={left.tone} title={formatFull(item.expires_at) || undefined}>{item.label} {t(left.key, { n: left.days })}</Badge>
      })}
    </span>
  )
}

export default function ShopsScreen() {
  const t = useT()
  const language = useLanguage()
  const query = useHealth()
  const allowed = may(useSession().user.role, 'manager')
  const [, navigate] = useLocation()
  const search = useSearch()
  const [opened, setOpened] = useState<string | null>(() => new URLSearchParams(search).get('shop'))
  const [adding, setAdding] = useState(false)
  // A consent at a mall leads back here; said once, and gone from the address.
  useEffect(() => {
    const outcome = consentOutcomes.find((one) => one === new URLSearchParams(search).get('consent'))
    if (!outcome) return
    toast({ message: t(`consent.${outcome}`), tone: outcome === 'ok' || outcome === 'stored' ? 'done' : 'failed' })
    navigate('/shops', { replace: true })
  }, [search, navigate, t])
  const shops = query.data?.shops ?? []
  const shop = shops.find((item) => item.shop_id === opened)
  return (
    <div className="screen">
      <div className="screen-title">
        <h1 className="grow">{t('shops.title')}</h1>
        <Button size="xs" variant="default" disabled={!allowed} title={allowed ? undefined : t('common.managerOnly')} onClick={() => setAdding(true)}>{t('shops.add')}</Button>
      </div>
      {query.isError && !query.data ? <ProblemView error={query.error} onRetry={() => void query.refetch()} /> : query.isPending ? <Loading /> : shops.length === 0 ? <Empty title={t('shops.none')}><span>{t('shops.noneHint')}</span></Empty> : (
        <div className="card simple-scroll">
          <table className="simple shops">
            <thead>
              <tr>
                <th scope="col">{t('order.shop')}</th><th scope="col">{t('shops.health')}</th><th scope="col">{t('shops.lastFetch')}</th><th scope="col">{t('shops.next')}</th>
                <th scope="col" className="number">{t('shops.today')}</th><th scope="col" className="number">{t('shops.notTaken')}</th><th scope="col" className="number">{t('shops.gap')}</th><th scope="col" className="number">{t('shops.owed')}</th>
                <th scope="col">{t('shops.keys')}</th><th scope="col"><span className="offscreen">{t('common.actions')}</span></th>
              </tr>
            </thead>
            <tbody>
              {shops.map((item) => (
                <tr key={item.shop_id}>
                  <td className="nowrap"><strong><ShopName mall={item.mall} name={item.shop} /></strong></td>
                  <td>
                    <HealthBadge health={item.health} /> {item.health !== 'ok' && <WhyButton question="shop" shop={item.shop_id} what={item.shop} />}
                    {item.reasons?.map((reason) => <div key={reason.code} className="shop-reason">{reason.detail}</div>)}
                    {item.last_error && !item.reasons?.length && <div className="shop-reason">{item.last_error.detail}</div>}
                  </td>
                  <td className="nowrap">
                    <span title={formatFull(item.last_success_at)}>{formatTime(item.last_success_at) || t('shops.never')}</span>
                    {item.last_run && <div><Link href={`/fetch/${item.last_run.id}`}>{vocabulary.fetchRunState[item.last_run.state][language]}{item.last_run.counts.created > 0 && ` ${t('shops.created', { n: count(item.last_run.counts.created) })}`}</Link></div>}
                  </td>
                  <td className="nowrap">{item.enabled ? formatTime(item.next_run_at) || '—' : '—'}{item.interval_minutes ? <div className="muted">{t('shops.every', { n: item.interval_minutes })}</div> : null}</td>
                  <td className="number">{count(item.today)}</td>
                  <td className="number">{item.not_taken ? <Link href={`/fetch?tab=listings&shop=${item.shop_id}`}>{count(item.not_taken)}</Link> : 0}</td>
                  <td className="number">{item.gap_minutes ? <Link href="/fetch?tab=gaps"><Badge tone={item.gap_deadline && new Date(item.gap_deadline).getTime() - Date.now() < 48 * 3_600_000 ? 'red' : 'yellow'}>{minutesToText(item.gap_minutes, language)}</Badge></Link> : '–'}</td>
                  <td className="number">{item.owed ? <Link href={`/writebacks?shop=${item.shop_id}`}>{count(item.owed)}{item.owed_needs_person > 0 && <strong className="needs"> {t('shops.needs', { n: item.owed_needs_person })}</strong>}</Link> : 0}</td>
                  <td><Left shop={item} /></td>
                  <td><Button size="compact-xs" variant="default" onClick={() => setOpened(item.shop_id)} aria-label={t('shops.openOf', { shop: item.shop })}>{t('common.detail')}</Button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <ShopDrawer shop={shop} onClose={() => setOpened(null)} />
      {adding && <AddShop onClose={() => setAdding(false)} onAdded={(id) => { setAdding(false); setOpened(id) }} />}
    </div>
  )
}
