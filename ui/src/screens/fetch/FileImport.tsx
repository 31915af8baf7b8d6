// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { Link } from 'wouter'
import { uploadFiles } from '../../api/client'
import { keys } from '../../api/keys'
import type { ImportResult, Mall } from '../../api/types'
import { useLanguage, useT } from '../../i18n'
import * as vocabulary from '../../i18n/vocabulary'
import { count } from '../../lib/money'
import { Badge } from '../../parts/Badges'
import { messageOf } from '../../parts/toast'

const accept = '.csv,.tsv,.txt,text/csv,text/tab-separated-values'

function FailedRows({ result, onAgain }: { result: ImportResult; onAgain: () => void }) {
  const t = useT()
  if (result.mode !== 'import' || result.failed === 0) return null
  return (
    <section className="card" aria-label={t('import.failedRows')}>
      <div className="card-body stack">
      <span>{t('import.failedHint')}</span>
      <div className="line">
        {(result.failed_files ?? []).map((part) => (
          <Button key={part} size="xs" variant="default" component="a" download href={`/api/v1/fetch-runs/${result.fetch_run_id ?? ''}/failed-rows?part=${part}`}>{t(part === 'items' ? 'import.failedItems' : 'import.failedRows')}</Button>
        ))}
        <Button size="xs" onClick={onAgain}>{t('import.again')}</Button>
      </div>
      </div>
    </section>
  )
}

/** First what would happen, then the same file for real; the same file twice changes nothing. */
export function FileImport({ shop, mall, allowed }: { shop: string; mall: Mall | undefined; allowed: boolean }) {
  const t = useT()
  const language = useLanguage()
  const queries = useQueryClient()
  const field = useRef<HTMLInputElement>(null)
  const [orders, setOrders] = useState<File[]>([])
  const [second, setSecond] = useState<File | null>(null)
  const [round, setRound] = useState(0)
  const [result, setResult] = useState<ImportResult | null>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const formats = mall?.order_files ?? []
  const pair = formats.find((format) => format.second)
  const files = second ? [...orders.slice(0, 1), second] : orders
  const send = async (chosen: File[], mode: 'dry-run' | 'import') => {
    setBusy(true)
    setError(null)
    try {
      setResult(await uploadFiles(shop, mode, chosen))
      if (mode === 'import') await Promise.all([queries.invalidateQueries({ queryKey: keys.allOrders }), queries.invalidateQueries({ queryKey: keys.allCounts })])
    } catch (failure) {
      setResult(null)
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  const choose = (first: File[], other: File | null) => {
    setOrders(first)
    setSecond(other)
    setResult(null)
    setError(null)
    const chosen = other ? [...first.slice(0, 1), other] : first
    if (first.length > 0 && chosen.length <= 2) void send(chosen, 'dry-run')
  }
  const again = () => {
    setOrders([])
    setSecond(null)
    setResult(null)
    setRound((value) => value + 1)
    window.setTimeout(() => field.current?.focus(), 0)
  }
  const changes = result ? result.created + result.updated : 0
  const rows = result?.rows.filter((row) => row.outcome !== 'unchanged').slice(0, 500) ?? []
  return (
    <div className="stack">
      {formats.length > 0 && (
        <div>
          <p className="muted">{t('import.formats')}</p>
          <ul className="plain-list">{formats.map((format) => <li key={format.id}>{format.label}{format.second ? ` + ${format.second}` : ''}</li>)}</ul>
        </div>
      )}
      <div className="line line-top" key={round}>
        <label className="file-field">
          <span>{pair ? pair.label : t('import.file')}</span>
          <input ref={field} type="file" multiple={pair !== undefined} accept={accept} disabled={!allowed || busy} onChange={(event) => choose(Array.from(event.currentTarget.files ?? []), second)} />
        </label>
        {pair && (
          <label className="file-field">
            <span>{pair.second}</span>
            <input type="file" accept={accept} disabled={!allowed || busy} onChange={(event) => choose(orders, event.currentTarget.files?.[0] ?? null)} />
          </label>
        )}
      </div>
      <p className="muted">{t('import.hint')}{pair ? ` ${t('import.pairHint')}` : ''}</p>
      <div role="alert">{files.length > 2 && <div className="notice" data-tone="red">{t('import.tooMany')}</div>}{error !== null && <div className="notice" data-tone="red">{messageOf(error)}</div>}</div>
      {result && (
        <>
          <p role="status">
            {t(result.mode === 'dry-run' ? 'import.would' : 'import.did', { rows: count(result.rows_total), created: count(result.created), updated: count(result.updated), unchanged: count(result.unchanged), failed: count(result.failed) })}
            {(result.format || result.encoding) && <span className="muted"> {[result.format, result.encoding].filter(Boolean).join(' · ')}</span>}
          </p>
          {result.mode === 'dry-run' && files.length > 0 && <div className="line"><Button size="sm" loading={busy} disabled={changes + result.failed === 0} onClick={() => void send(files, 'import')}>{t(changes === 0 && result.failed > 0 ? 'import.keepFailed' : 'import.do', { n: count(changes) })}</Button></div>}
          <FailedRows result={result} onAgain={again} />
          {rows.length > 0 && (
            <div className="simple-scroll import-rows" tabIndex={0} role="region" aria-label={t('import.rows')}>
              <table className="simple">
                <thead><tr><th scope="col" className="number">{t('import.row')}</th><th scope="col">{t('import.column')}</th><th scope="col">{t('order.orderNo')}</th><th scope="col">{t('fetch.outcome')}</th><th scope="col">{t('common.reason')}</th></tr></thead>
                <tbody>{rows.map((row, at) => (
                  <tr key={at}>
                    <td className="number">{row.row || '—'}</td><td className="nowrap">{row.field ?? '—'}</td><td className="nowrap">{row.order_id ? <Link href={`/orders/${row.order_id}`}>{row.order_no}</Link> : row.order_no ?? '—'}</td>
                    <td><Badge tone={row.outcome.startsWith('failed') ? 'red' : 'grey'}>{vocabulary.fetchOutcome[row.outcome]?.[language] ?? row.outcome}</Badge></td><td>{row.detail}</td>
                  </tr>
                ))}</tbody>
              </table>
            </div>
          )}
        </>
      )}
    </div>
  )
}
