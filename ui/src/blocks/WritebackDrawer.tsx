// SPDX-License-Identifier: Apache-2.0
import { Button, Drawer, Textarea } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { Link } from 'wouter'
import { api, take } from '../api/client'
import { keys } from '../api/keys'
import { useSession } from '../api/session'
import type { WritebackDetail, WritebackState } from '../api/types'
import { useLanguage, useT } from '../i18n'
import * as vocabulary from '../i18n/vocabulary'
import { formatFull, formatTime } from '../lib/dates'
import { may } from '../lib/permissions'
import { Badge, ShopName, WritebackBadge } from '../parts/Badges'
import { Loading, ProblemView } from '../parts/States'
import { toast, toastError } from '../parts/toast'
import { WhyButton } from './WhyButton'
import { Reasons } from './WritebackTable'

const retryable: WritebackState[] = ['pending', 'blocked', 'unknown', 'rejected', 'drift', 'sent', 'accepted', 'suppressed']
const waivable: WritebackState[] = ['pending', 'blocked', 'suppressed', 'rejected', 'drift']

export function WritebackDrawer({ id, onClose }: { id: string | null; onClose: () => void }) {
  const t = useT()
  const query = useQuery({ queryKey: keys.writeback(id ?? ''), queryFn: () => take(api.GET('/writebacks/{id}', { params: { path: { id: id ?? '' } } })), enabled: id !== null, placeholderData: undefined })
  return (
    <Drawer opened={id !== null} onClose={onClose} title={t('writebacks.one')} size={620}>
      {query.isError ? <ProblemView error={query.error} onRetry={() => void query.refetch()} /> : query.data ? <Body item={query.data} onClose={onClose} /> : <Loading />}
    </Drawer>
  )
}

function Pair({ label, children }: { label: string; children: ReactNode }) {
  return <><dt>{label}</dt><dd>{children}</dd></>
}

function Body({ item, onClose }: { item: WritebackDetail; onClose: () => void }) {
  const t = useT()
  const language = useLanguage()
  const session = useSession()
  const queries = useQueryClient()
  const [waiving, setWaiving] = useState(false)
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const allowed = may(session.user.role, 'staff')
  const after = async () => {
    await Promise.all([queries.invalidateQueries({ queryKey: keys.writeback(item.id) }), queries.invalidateQueries({ queryKey: keys.allWritebacks }), queries.invalidateQueries({ queryKey: keys.order(item.order_id) }), queries.invalidateQueries({ queryKey: keys.allCounts })])
  }
  const act = async (work: () => Promise<unknown>, done: string) => {
    setBusy(true)
    try {
      await work()
      setWaiving(false)
      toast({ message: done })
      await after()
    } catch (error) {
      toastError(error)
    } finally {
      setBusy(false)
    }
  }
  const path = { params: { path: { id: item.id } } }
  const blocked = item.state === 'blocked' || item.state === 'suppressed'
  const checksFirst = ['unknown', 'rejected', 'drift', 'sent', 'accepted'].includes(item.state)
  return (
    <div className="stack">
      <dl className="pairs">
        <Pair label={t('order.orderNo')}><Link href={`/orders/${item.order_id}`} onClick={onClose}>{item.order_no}</Link></Pair>
        <Pair label={t('order.shop')}><ShopName mall={item.mall} name={item.shop} /></Pair>
        <Pair label={t('writebacks.aspect')}>{vocabulary.writebackAspect[item.aspect][language]}</Pair>
        <Pair label={t('writebacks.state')}><WritebackBadge state={item.state} /></Pair>
        <Pair label={t('common.reason')}><Reasons item={item} />{!item.reasons?.length && !item.mall_shows && !item.waived_reason && '—'} {item.state !== 'verified' && <WhyButton question="writeback" shop={item.shop_id} orderNo={item.order_no} what={item.order_no} />}</Pair>
        <Pair label={t('writebacks.since')}>{formatFull(item.created_at)}</Pair>
        <Pair label={t('order.updatedAt')}>{formatFull(item.order_updated_at)}</Pair>
        <Pair label={t('writebacks.next')}>{formatFull(item.next_attempt_at) || '—'}</Pair>
      </dl>
      <section className="card" aria-label={t('writebacks.payload')}>
        <div className="card-head"><h3>{t('writebacks.payload')}</h3></div>
        <div className="card-body"><dl className="pairs">{item.payload.map((part, at) => <div key={at} className="pair"><dt>{part.label}</dt><dd>{part.value || '—'}</dd></div>)}</dl></div>
      </section>
      <section className="card" aria-label={t('writebacks.attemptList')}>
        <div className="card-head"><h3>{t('writebacks.attemptList')}</h3></div>
        <div className="card-body">
          {item.attempt_list.length === 0 ? <p className="muted">{t('writebacks.noAttempt')}</p> : (
            <ol className="history">
              {item.attempt_list.map((attempt) => (
                <li key={attempt.id}>
                  <div className="line">
                    <time className="muted" dateTime={attempt.at}>{formatTime(attempt.at)}</time>
                    <span>{t(attempt.kind === 'send' ? 'writebacks.send' : 'writebacks.readBack')}</span>
                    <Badge tone={['ok', 'same'].includes(attempt.outcome) ? 'green' : attempt.outcome === 'unknown' ? 'yellow' : 'red'}>{t(`attempt.${attempt.outcome}`)}</Badge>
                    {attempt.call && <span className="muted">{attempt.call}{attempt.http_status ? ` ${attempt.http_status}` : ''}</span>}
                  </div>
                  {attempt.error && <div>{attempt.error.detail}{attempt.error.text && ` 「${attempt.error.text}」`}{attempt.error.code && <span className="muted"> {attempt.error.code}</span>}</div>}
                </li>
              ))}
            </ol>
          )}
        </div>
      </section>
      {checksFirst && retryable.includes(item.state) && <p className="muted">{t('writebacks.checksFirst')}</p>}
      <div className="line">
        {blocked && <Button size="sm" component={Link} href={`/orders/${item.order_id}`} onClick={onClose}>{t('writebacks.fix')}</Button>}
        {retryable.includes(item.state) && (
          <Button size="sm" variant={blocked ? 'default' : 'filled'} loading={busy} disabled={!allowed} onClick={() => void act(() => take(api.POST('/writebacks/{id}/retry', path)), t('writebacks.retried'))}>
            {t(checksFirst ? 'writebacks.checkNow' : blocked ? 'writebacks.recheck' : 'writebacks.retry')}
          </Button>
        )}
        {waivable.includes(item.state) && !waiving && <Button size="sm" variant="default" disabled={!allowed} onClick={() => setWaiving(true)}>{t('writebacks.waive')}</Button>}
      </div>
      {waiving && (
        <form className="stack" onSubmit={(event) => { event.preventDefault(); void act(() => take(api.POST('/writebacks/{id}/waive', { ...path, body: { reason: reason.trim() } })), t('writebacks.waived')) }}>
          <p>{t('writebacks.waiveEffect')}</p>
          <Textarea label={t('writebacks.waiveReason')} value={reason} onChange={(event) => setReason(event.currentTarget.value)} maxLength={500} autosize minRows={2} data-autofocus />
          <div className="line">
            <Button size="sm" type="submit" loading={busy} disabled={!reason.trim()}>{t('writebacks.waiveDo')}</Button>
            <Button size="sm" variant="default" onClick={() => setWaiving(false)}>{t('common.stop')}</Button>
          </div>
        </form>
      )}
    </div>
  )
}
