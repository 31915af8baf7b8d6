// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { api, take } from '../../api/client'
import { useShops } from '../../api/hooks'
import { keys } from '../../api/keys'
import { useSession } from '../../api/session'
import type { Listing } from '../../api/types'
import { WhyButton } from '../../blocks/WhyButton'
import { useLanguage, useT } from '../../i18n'
import * as vocabulary from '../../i18n/vocabulary'
import { formatFull, formatTime } from '../../lib/dates'
import { count } from '../../lib/money'
import { may } from '../../lib/permissions'
import { Badge, ShopName } from '../../parts/Badges'
import { ChoiceChip } from '../../parts/Chip'
import { Empty, Loading, ProblemView } from '../../parts/States'
import { toastError } from '../../parts/toast'

/** Orders that the mall has and we did not take, each with the reason. */
export function Listings({ shop, onShop }: { shop: string; onShop: (shop: string) => void }) {
  const t = useT()
  const language = useLanguage()
  const shops = useShops()
  const [, navigate] = useLocation()
  const allowed = may(useSession().user.role, 'staff')
  const [busy, setBusy] = useState<string | null>(null)
  const query = useInfiniteQuery({
    queryKey: keys.listings({ shop, reason: 'not_taken' }),
    queryFn: ({ pageParam }) => take(api.GET('/listings', { params: { query: { reason: 'not_taken', ...(shop && { shop }), limit: 100, ...(pageParam && { cursor: pageParam }) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  const listings = query.data?.pages.flatMap((page) => page.listings) ?? []
  const fetchOne = async (listing: Listing) => {
    setBusy(listing.order_no)
    try {
      const started = await take(api.POST('/shops/{id}/fetch', { params: { path: { id: listing.shop_id } }, body: { order_numbers: [listing.order_no] } }))
      navigate(`/fetch/${started.fetch_run.id}`)
    } catch (error) {
      toastError(error)
    } finally {
      setBusy(null)
    }
  }
  return (
    <div className="stack">
      <div className="line">
        <ChoiceChip label={t('order.shop')} options={shops.map((item) => ({ value: item.id, label: item.name }))} value={shop} onChange={onShop} />
        <span className="muted">{t('listings.explain')}</span>
      </div>
      {query.isError ? <ProblemView error={query.error} onRetry={() => void query.refetch()} /> : query.isPending ? <Loading /> : listings.length === 0 ? <Empty title={t('listings.none')} /> : (
        <div className="card simple-scroll">
          <table className="simple">
            <thead><tr><th scope="col">{t('order.orderNo')}</th><th scope="col">{t('order.shop')}</th><th scope="col">{t('order.mallStatus')}</th><th scope="col">{t('order.orderedAt')}</th><th scope="col">{t('listings.seen')}</th><th scope="col">{t('common.reason')}</th><th scope="col"><span className="offscreen">{t('common.actions')}</span></th></tr></thead>
            <tbody>
              {listings.map((listing) => (
                <tr key={`${listing.shop_id}/${listing.order_no}`}>
                  <td className="nowrap number-left">{listing.order_id ? <Link href={`/orders/${listing.order_id}`}>{listing.order_no}</Link> : listing.order_no}</td>
                  <td className="nowrap"><ShopName mall={listing.mall} name={listing.shop} /></td>
                  <td>{listing.mall_status_label ?? listing.mall_status ?? '—'}</td>
                  <td className="nowrap" title={formatFull(listing.ordered_at)}>{formatTime(listing.ordered_at) || '—'}</td>
                  <td className="nowrap" title={formatFull(listing.last_seen_at)}>{formatTime(listing.last_seen_at)}</td>
                  <td><Badge tone={listing.outcome.startsWith('failed') ? 'red' : 'yellow'}>{vocabulary.fetchOutcome[listing.outcome]?.[language] ?? listing.outcome}</Badge>{listing.detail && <div className="muted">{listing.detail}</div>} <WhyButton question="order" shop={listing.shop_id} orderNo={listing.order_no} what={listing.order_no} /></td>
                  <td><Button size="compact-xs" variant="default" loading={busy === listing.order_no} disabled={!allowed} title={allowed ? undefined : t('common.staffOnly')} onClick={() => void fetchOne(listing)}>{t('listings.fetch')}</Button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {query.data?.pages[0] && query.data.pages[0].hidden_by_filter > 0 && <p className="muted">{t('listings.taken', { n: count(query.data.pages[0].hidden_by_filter) })}</p>}
      {query.hasNextPage && <button type="button" className="plain-button" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('orders.loadMore')}</button>}
    </div>
  )
}
