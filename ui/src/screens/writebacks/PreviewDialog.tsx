// SPDX-License-Identifier: Apache-2.0
import { Button, Modal } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useState } from 'react'
import { Link } from 'wouter'
import { api, take } from '../../api/client'
import { useEvent, type EventData } from '../../api/events'
import { keys } from '../../api/keys'
import type { Refusal, Writeback, WritebackPreview } from '../../api/types'
import { useLanguage, useT } from '../../i18n'
import * as vocabulary from '../../i18n/vocabulary'
import { count } from '../../lib/money'
import { Badge, ShopName, WritebackBadge, type Tone } from '../../parts/Badges'
import { Loading, ProblemView } from '../../parts/States'
import { toastError } from '../../parts/toast'

type Row = WritebackPreview['rows'][number]
type Props = { selection: { ids?: string[]; shop?: string; from?: string; to?: string; work_statuses?: string[] }; onClose: () => void; onDone: () => void }

const outcomes = ['will_send', 'check_first', 'blocked', 'suppressed', 'in_flight'] as const
const tones: Record<Row['outcome'], Tone> = { will_send: 'green', check_first: 'yellow', blocked: 'red', suppressed: 'grey', in_flight: 'blue' }
const final = ['verified', 'sent', 'accepted', 'rejected', 'blocked', 'drift', 'superseded', 'waived', 'suppressed', 'unknown']

/** Nothing is sent before its list was seen; what was seen is what is sent, and each result is shown by row. */
export function PreviewDialog({ selection, onClose, onDone }: Props) {
  const t = useT()
  const language = useLanguage()
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [sent, setSent] = useState<string[] | null>(null)
  const [refused, setRefused] = useState<Refusal[]>([])
  const [states, setStates] = useState<Record<string, Writeback>>({})
  const query = useQuery({ queryKey: ['preview', selection], queryFn: () => take(api.POST('/writebacks/preview', { body: selection })), gcTime: 0, refetchOnWindowFocus: false, placeholderData: undefined })
  const rows = query.data?.rows ?? []
  const toSend = rows.filter((row) => row.outcome === 'will_send' || row.outcome === 'check_first')
  const irreversible = toSend.filter((row) => row.irreversible).length

  const read = useCallback(async (ids: string[]) => {
    const found = await Promise.all(ids.map((id) => take(api.GET('/writebacks/{id}', { params: { path: { id } } })).catch(() => null)))
    setStates((before) => ({ ...before, ...Object.fromEntries(found.flatMap((item) => (item ? [[item.id, item]] : []))) }))
  }, [])
  useEvent('writeback.changed', useCallback((data: EventData['writeback.changed']) => {
    if (sent) void read(data.ids.filter((id) => sent.includes(id)))
  }, [sent, read]))
  const open = sent?.filter((id) => !refused.some((item) => item.id === id) && !final.includes(states[id]?.state ?? 'pending')) ?? []
  const openCount = open.length
  useEffect(() => {
    if (!sent || openCount === 0) return
    const timer = window.setInterval(() => void read(open.slice(0, 50)), 2000)
    return () => window.clearInterval(timer)
  }, [sent, openCount, read])

  const run = async () => {
    const ids = toSend.map((row) => row.id)
    setBusy(true)
    try {
      const result = await take(api.POST('/writebacks/run', { body: { ids } }))
      setRefused(result.refused)
      setSent(ids)
      onDone()
      void queries.invalidateQueries({ queryKey: keys.allWritebacks })
      void queries.invalidateQueries({ queryKey: keys.allCounts })
    } catch (error) {
      toastError(error)
    } finally {
      setBusy(false)
    }
  }
  const result = (row: Row) => {
    const no = refused.find((item) => item.id === row.id)
    if (no) return <><Badge tone="red">{t('writebacks.notSent')}</Badge><div>{no.detail}</div></>
    const now = states[row.id]
    return <><WritebackBadge state={now?.state ?? 'pending'} />{now?.reasons?.map((reason) => <div key={reason.code}>{reason.detail}</div>)}</>
  }
  const shown = sent ? rows.filter((row) => sent.includes(row.id)) : [...rows].sort((a, b) => outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome))
  return (
    <Modal opened onClose={onClose} title={t(sent ? 'writebacks.running' : 'writebacks.preview')} size="90%" data-preview>
      {query.isError ? <ProblemView error={query.error} onRetry={() => void query.refetch()} /> : !query.data ? <Loading /> : (
        <div className="stack">
          {sent
            ? <div role="status" className="stack"><span>{t('writebacks.runProgress', { done: count(sent.length - openCount), total: count(sent.length) })}</span><progress className="progress" max={sent.length} value={sent.length - openCount} aria-label={t('fetch.progressLabel')} /></div>
            : (
              <div className="figures" role="group" aria-label={t('fetch.counts')}>
                {outcomes.map((outcome) => <span key={outcome} className="figure"><span>{t(`preview.${outcome}`)}</span><strong>{count(query.data.counts[outcome])}</strong></span>)}
              </div>
            )}
          {!sent && query.data.hidden_by_filter > 0 && <p className="muted">{t('writebacks.hidden', { n: count(query.data.hidden_by_filter) })}</p>}
          {shown.length === 0 ? <p className="muted">{t('writebacks.none')}</p> : (
            <div className="simple-scroll preview-rows" tabIndex={0} role="region" aria-label={t('writebacks.preview')}>
              <table className="simple">
                <thead><tr><th scope="col">{t('order.orderNo')}</th><th scope="col">{t('order.shop')}</th><th scope="col">{t('writebacks.aspect')}</th><th scope="col">{t('writebacks.payload')}</th><th scope="col">{t(sent ? 'writebacks.state' : 'preview.outcome')}</th>{!sent && <th scope="col">{t('common.reason')}</th>}</tr></thead>
                <tbody>
                  {shown.map((row) => (
                    <tr key={row.id}>
                      <td className="nowrap"><Link href={`/orders/${row.order_id}`} onClick={onClose}>{row.order_no}</Link></td>
                      <td className="nowrap"><ShopName mall={row.mall ?? ''} name={row.shop} /></td>
                      <td className="nowrap">{vocabulary.writebackAspect[row.aspect][language]}</td>
                      <td className="nowrap">{row.payload_summary || '—'}</td>
                      <td>{sent ? result(row) : <Badge tone={tones[row.outcome]}>{t(`preview.${row.outcome}`)}</Badge>}</td>
                      {!sent && <td>{[...row.reasons, ...(row.notes ?? [])].map((reason) => <div key={reason.code}>{reason.detail}</div>)}</td>}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
          {!sent && toSend.length > 0 && <p>{irreversible > 0 ? t('writebacks.irreversible', { n: count(irreversible) }) : t('writebacks.safe')}</p>}
          <div className="line">
            {!sent && <Button size="sm" loading={busy} disabled={toSend.length === 0} onClick={() => void run()}>{t('writebacks.run', { n: count(toSend.length) })}</Button>}
            <Button size="sm" variant="default" onClick={onClose}>{t(sent ? 'common.close' : 'common.stop')}</Button>
          </div>
        </div>
      )}
    </Modal>
  )
}
