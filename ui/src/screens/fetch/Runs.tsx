// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { api, take } from '../../api/client'
import { useShops } from '../../api/hooks'
import { keys } from '../../api/keys'
import { useLanguage, useT } from '../../i18n'
import * as vocabulary from '../../i18n/vocabulary'
import { formatFull, formatTime } from '../../lib/dates'
import { count } from '../../lib/money'
import { Badge, ShopName } from '../../parts/Badges'
import { ChoiceChip } from '../../parts/Chip'
import { Empty, Loading, ProblemView } from '../../parts/States'
import { skipped, stateTone } from './RunView'

type Props = { shop: string; changedOnly: boolean; onShop: (shop: string) => void; onChanged: (on: boolean) => void }

export function Runs({ shop, changedOnly, onShop, onChanged }: Props) {
  const t = useT()
  const language = useLanguage()
  const shops = useShops()
  const filter = { ...(shop && { shop }), ...(changedOnly && { changed: true }) }
  const query = useInfiniteQuery({
    queryKey: keys.fetchRuns(filter),
    queryFn: ({ pageParam }) => take(api.GET('/fetch-runs', { params: { query: { ...filter, limit: 100, ...(pageParam && { cursor: pageParam }) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  const runs = query.data?.pages.flatMap((page) => page.fetch_runs) ?? []
  const hidden = query.data?.pages[0]?.hidden_by_filter ?? 0
  return (
    <div className="stack">
      <div className="line">
        <ChoiceChip label={t('order.shop')} options={shops.map((item) => ({ value: item.id, label: item.name }))} value={shop} onChange={onShop} />
        <label className="line tick-label"><input type="checkbox" checked={changedOnly} onChange={() => onChanged(!changedOnly)} />{t('fetch.changedOnly')}</label>
        {hidden > 0 && <span className="muted">{t('orders.hidden', { n: count(hidden) })}</span>}
      </div>
      {query.isError ? <ProblemView error={query.error} onRetry={() => void query.refetch()} /> : query.isPending ? <Loading /> : runs.length === 0 ? <Empty title={t('fetch.noRuns')} /> : (
        <div className="card simple-scroll">
          <table className="simple">
            <thead>
              <tr>
                <th scope="col">{t('fetch.started')}</th><th scope="col">{t('order.shop')}</th><th scope="col">{t('fetch.door')}</th><th scope="col">{t('fetch.period')}</th>
                <th scope="col" className="number">{t('fetch.listed')}</th><th scope="col" className="number">{vocabulary.fetchOutcome.created[language]}</th><th scope="col" className="number">{vocabulary.fetchOutcome.updated[language]}</th>
                <th scope="col" className="number">{vocabulary.fetchOutcome.unchanged[language]}</th><th scope="col" className="number">{t('fetch.skipped')}</th><th scope="col" className="number">{t('fetch.failed')}</th>
                <th scope="col">{t('fetch.state')}</th><th scope="col">{t('fetch.who')}</th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <tr key={run.id}>
                  <td className="nowrap"><Link href={`/fetch/${run.id}`} title={formatFull(run.created_at)}>{formatTime(run.started_at ?? run.created_at)}</Link></td>
                  <td className="nowrap"><ShopName mall={run.mall} name={run.shop} /></td>
                  <td className="nowrap">{vocabulary.fetchDoor[run.door][language]}</td>
                  <td className="nowrap">{run.from && run.to ? `${formatTime(run.from)}〜${formatTime(run.to)}` : run.order_numbers?.length ? t('fetch.numbersCount', { n: run.order_numbers.length }) : '—'}</td>
                  <td className="number">{count(run.counts.listed)}</td>
                  <td className="number">{run.counts.created ? <strong>{count(run.counts.created)}</strong> : 0}</td>
                  <td className="number">{count(run.counts.updated)}</td><td className="number">{count(run.counts.unchanged)}</td>
                  <td className="number">{count(skipped(run))}</td>
                  <td className="number">{run.counts.failed ? <Badge tone="red">{count(run.counts.failed)}</Badge> : 0}</td>
                  <td><Badge tone={stateTone[run.state]}>{vocabulary.fetchRunState[run.state][language]}</Badge>{run.error && <div className="muted">{run.error.detail}</div>}</td>
                  <td className="nowrap">{run.started_by ?? t('fetch.bySchedule')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {query.hasNextPage && <button type="button" className="plain-button" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('orders.loadMore')}</button>}
    </div>
  )
}
