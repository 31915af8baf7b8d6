// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { uploadFiles } from '../../api/client'
import { keys } from '../../api/keys'
import type { ImportResult } from '../../api/types'
import { useLanguage, useT } from '../../i18n'
import * as vocabulary from '../../i18n/vocabulary'
import { count } from '../../lib/money'
import { Badge } from '../../parts/Badges'
import { messageOf } from '../../parts/toast'

/** First what would happen, then the same file for real; the same file twice changes nothing. */
export function FileImport({ shop, allowed }: { shop: string; allowed: boolean }) {
  const t = useT()
  const language = useLanguage()
  const queries = useQueryClient()
  const [files, setFiles] = useState<File[]>([])
  const [result, setResult] = useState<ImportResult | null>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
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
  const rows = result?.rows.filter((row) => row.outcome !== 'unchanged').slice(0, 500) ?? []
  return (
    <div className="stack">
      <label className="file-field">
        <span>{t('import.file')}</span>
        <input type="file" multiple accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values" disabled={!allowed || busy} onChange={(event) => {
          const chosen = Array.from(event.currentTarget.files ?? [])
          setFiles(chosen)
          setResult(null)
          setError(null)
          if (chosen.length > 0 && chosen.length <= 2) void send(chosen, 'dry-run')
        }} />
      </label>
      <p className="muted">{t('import.hint')}</p>
      <div role="alert">{files.length > 2 && <div className="notice" data-tone="red">{t('import.tooMany')}</div>}{error !== null && <div className="notice" data-tone="red">{messageOf(error)}</div>}</div>
      {result && (
        <>
          <p role="status">
            {t(result.mode === 'dry-run' ? 'import.would' : 'import.did', { rows: count(result.rows_total), created: count(result.created), updated: count(result.updated), unchanged: count(result.unchanged), failed: count(result.failed) })}
            {(result.format || result.encoding) && <span className="muted"> {[result.format, result.encoding].filter(Boolean).join(' · ')}</span>}
          </p>
          {result.mode === 'dry-run' && files.length > 0 && <div className="line"><Button size="sm" loading={busy} disabled={result.created + result.updated === 0} onClick={() => void send(files, 'import')}>{t('import.do', { n: count(result.created + result.updated) })}</Button></div>}
          {rows.length > 0 && (
            <div className="simple-scroll import-rows">
              <table className="simple">
                <thead><tr><th scope="col" className="number">{t('import.row')}</th><th scope="col">{t('order.orderNo')}</th><th scope="col">{t('fetch.outcome')}</th><th scope="col">{t('common.reason')}</th></tr></thead>
                <tbody>{rows.map((row) => (
                  <tr key={row.row}>
                    <td className="number">{row.row}</td><td className="nowrap">{row.order_id ? <Link href={`/orders/${row.order_id}`}>{row.order_no}</Link> : row.order_no ?? '—'}</td>
                    <td><Badge tone={row.outcome.startsWith('failed') ? 'red' : 'grey'}>{vocabulary.fetchOutcome[row.outcome]?.[language] ?? row.outcome}</Badge></td><td>{[row.field, row.detail].filter(Boolean).join(': ')}</td>
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
