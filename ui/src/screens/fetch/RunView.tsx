// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { api, take } from '../../api/client'
import { keys } from '../../api/keys'
import type { FetchOutcome, FetchRun } from '../../api/types'
import { useLanguage, useT } from '../../i18n'
import * as vocabulary from '../../i18n/vocabulary'
import { formatFull, formatTime } from '../../lib/dates'
import { count } from '../../lib/money'
import { Badge, ShopName, type Tone } from '../../parts/Badges'
import { Loading, ProblemView } from '../../parts/States'

const outcomeTone = (outcome: FetchOutcome): Tone => outcome === 'created' ? 'green' : outcome === 'updated' ? 'blue' : outcome.startsWith('failed') ? 'red' : outcome === 'unchanged' ? 'grey' : 'yellow'
export const stateTone: Record<FetchRun['state'], Tone> = { queued: 'grey', running: 'blue', done: 'green', partial: 'yellow', failed: 'red' }

export function isOpen(run: FetchRun): boolean {
  return run.state === 'queued' || run.state === 'running'
}

export function skipped(run: FetchRun): number {
  return Object.values(run.counts.skipped).reduce((sum, value) => sum + value, 0)
}

function Progress({ run }: { run: FetchRun }) {
  const t = useT()
  const { done, total, phase } = run.progress
  const text = total ? t('fetch.progress', { done: count(done), total: count(total) }) : t('fetch.progressOpen', { done: count(done) })
  return (
    <div className="stack" role="status">
      <div className="line"><strong>{t(phase ? `fetch.phase.${phase}` : 'fetch.phase.waiting')}</strong><span className="number">{text}</span></div>
      <progress className="progress" max={total ?? undefined} value={total ? done : undefined} aria-label={t('fetch.progressLabel')} />
      <span className="muted">{t('fetch.background')}</span>
    </div>
  )
}

export function RunView({ id }: { id: string }) {
  const t = useT()
  const language = useLanguage()
  const [outcome, setOutcome] = useState<FetchOutcome | ''>('')
  const query = useQuery({
    queryKey: keys.fetchRun(id),
    queryFn: () => take(api.GET('/fetch-runs/{id}', { params: { path: { id } } })),
    placeholderData: undefined,
    refetchInterval: ({ state }) => (state.data && isOpen(state.data) ? 1500 : false),
  })
  const run = query.data
  const items = useInfiniteQuery({
    queryKey: [...keys.fetchItems(id, outcome), run?.state],
    queryFn: ({ pageParam }) => take(api.GET('/fetch-runs/{id}/items', { params: { path: { id }, query: { limit: 200, ...(outcome && { outcome }), ...(pageParam && { cursor: pageParam }) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    enabled: run !== undefined && !isOpen(run),
  })
  if (query.isError && !run) return <ProblemView error={query.error} onRetry={() => void query.refetch()} />
  if (!run) return <Loading />
  const rows = items.data?.pages.flatMap((page) => page.items) ?? []
  const numbers: [string, number, FetchOutcome | ''][] = [
    [t('fetch.listed'), run.counts.listed, ''], [vocabulary.fetchOutcome.created[language], run.counts.created, 'created'], [vocabulary.fetchOutcome.updated[language], run.counts.updated, 'updated'],
    [vocabulary.fetchOutcome.unchanged[language], run.counts.unchanged, 'unchanged'],
    ...Object.entries(run.counts.skipped).map(([reason, value]): [string, number, FetchOutcome] => [vocabulary.fetchOutcome[reason as FetchOutcome]?.[language] ?? reason, value, reason as FetchOutcome]),
  ]
  return (
    <section className="card" aria-label={t('fetch.result')} data-run={run.state}>
      <div className="card-head">
        <h2><ShopName mall={run.mall} name={run.shop} /></h2>
        <span>{vocabulary.fetchDoor[run.door][language]}</span>
        <Badge tone={stateTone[run.state]}>{vocabulary.fetchRunState[run.state][language]}</Badge>
        <span className="grow" />
        <span className="muted" title={formatFull(run.created_at)}>{formatTime(run.started_at ?? run.created_at)}{run.finished_at && `〜${formatTime(run.finished_at)}`} {run.started_by ?? t('fetch.bySchedule')}</span>
      </div>
      <div className="card-body stack">
        {run.from && run.to && <p className="muted">{t('fetch.window', { from: formatFull(run.from), to: formatFull(run.to) })}{run.date_basis && ` · ${run.date_basis}`}</p>}
        {run.order_numbers && run.order_numbers.length > 0 && <p className="muted wrap-anywhere">{run.order_numbers.join(', ')}</p>}
        {isOpen(run) && <Progress run={run} />}
        {run.error && <div className="notice" data-tone="red">{run.error.detail}{run.error.text && ` 「${run.error.text}」`}{run.error.code && ` (${run.error.code})`}</div>}
        <div className="figures" role="group" aria-label={t('fetch.counts')}>
          {numbers.map(([label, value, filter]) => (
            <button key={label} type="button" className="figure" aria-pressed={outcome === filter} onClick={() => setOutcome(filter)}><span>{label}</span><strong>{count(value)}</strong></button>
          ))}
          <span className="figure" data-tone={run.counts.failed ? 'red' : undefined}><span>{t('fetch.failed')}</span><strong>{count(run.counts.failed)}</strong></span>
        </div>
        {items.isError && <ProblemView error={items.error} onRetry={() => void items.refetch()} />}
      </div>
      {rows.length > 0 && (
        <div className="simple-scroll">
          <table className="simple">
            <thead><tr><th scope="col">{t('order.orderNo')}</th><th scope="col">{t('fetch.outcome')}</th><th scope="col">{t('order.mallStatus')}</th><th scope="col">{t('common.reason')}</th></tr></thead>
            <tbody>
              {rows.map((item) => (
                <tr key={item.order_no}>
                  <td className="nowrap number-left">{item.order_id ? <Link href={`/orders/${item.order_id}`}>{item.order_no}</Link> : item.order_no}</td>
                  <td><Badge tone={outcomeTone(item.outcome)}>{vocabulary.fetchOutcome[item.outcome]?.[language] ?? item.outcome}</Badge></td>
                  <td>{item.mall_status_label ?? item.mall_status ?? '—'}</td>
                  <td>{item.detail ?? ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {!isOpen(run) && items.isSuccess && rows.length === 0 && <p className="card-body muted">{t(run.counts.listed === 0 ? 'fetch.nothing' : outcome === '' || outcome === 'unchanged' ? 'fetch.nothingChanged' : 'fetch.nothingOfKind')}</p>}
      {items.hasNextPage && <div className="card-body"><button type="button" className="plain-button" disabled={items.isFetchingNextPage} onClick={() => void items.fetchNextPage()}>{t('orders.loadMore')}</button></div>}
    </section>
  )
}
