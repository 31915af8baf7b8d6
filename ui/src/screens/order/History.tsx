// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { api, take } from '../../api/client'
import { keys } from '../../api/keys'
import type { OrderEvent } from '../../api/types'
import { useT } from '../../i18n'
import { formatFull, formatTime } from '../../lib/dates'
import { ProblemView } from '../../parts/States'

const kinds = ['all', 'people', 'system', 'mall'] as const
type Kind = (typeof kinds)[number]

function belongs(event: OrderEvent, kind: Kind): boolean {
  if (kind === 'all') return true
  if (kind === 'people') return event.actor_kind === 'user' || event.actor_kind === 'token'
  if (kind === 'mall') return event.actor_kind === 'mall'
  return event.actor_kind === 'system' || event.actor_kind === 'rule'
}

export function History({ id, version, language }: { id: string; version: number; language: string }) {
  const t = useT()
  const [kind, setKind] = useState<Kind>('all')
  const query = useInfiniteQuery({
    queryKey: [...keys.orderEvents(id), version, language],
    queryFn: ({ pageParam }) => take(api.GET('/orders/{id}/events', { params: { path: { id }, query: { limit: 50, ...(pageParam && { cursor: pageParam }) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  const events = (query.data?.pages.flatMap((page) => page.events) ?? []).filter((event) => belongs(event, kind))
  return (
    <section className="card" aria-label={t('order.history')}>
      <div className="card-head">
        <h2 className="grow">{t('order.history')}</h2>
        <select aria-label={t('order.historyFilter')} value={kind} onChange={(event) => setKind(event.currentTarget.value as Kind)}>
          {kinds.map((name) => <option key={name} value={name}>{t(`history.${name}`)}</option>)}
        </select>
      </div>
      <div className="card-body">
        {query.isError && <ProblemView error={query.error} onRetry={() => void query.refetch()} />}
        <ol className="history">
          {events.map((event) => (
            <li key={event.id}>
              <div className="line"><time className="muted number" dateTime={event.at} title={formatFull(event.at)}>{formatTime(event.at)}</time><span className="muted">{event.actor ?? t(`actor.${event.actor_kind}`)}</span></div>
              <div>{event.summary}</div>
              {event.changes.map((change) => (
                <div key={change.field} className="change">
                  <span className="muted">{change.label ?? change.field}: </span>
                  {change.before ? <del>{change.before}</del> : <span className="muted">{t('history.nothing')}</span>} → {change.after ? <ins>{change.after}</ins> : <span className="muted">{t('history.nothing')}</span>}
                </div>
              ))}
              {event.cause && <div className="muted">{event.cause}</div>}
              {event.fetch_run_id && <Link href={`/fetch/${event.fetch_run_id}`}>{t('history.run')}</Link>}
            </li>
          ))}
        </ol>
        {query.isSuccess && events.length === 0 && <p className="muted">{t('history.none')}</p>}
        {query.hasNextPage && <button type="button" className="plain-button" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('history.more')}</button>}
      </div>
    </section>
  )
}
