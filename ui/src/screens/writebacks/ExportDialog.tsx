// SPDX-License-Identifier: Apache-2.0
import { Button, Modal, Select } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { Link } from 'wouter'
import { api, take } from '../../api/client'
import { useMalls, useShops } from '../../api/hooks'
import { keys } from '../../api/keys'
import type { ShipFileMade, ShipFileRow } from '../../api/types'
import { useT } from '../../i18n'
import { count } from '../../lib/money'
import { Badge, type Tone } from '../../parts/Badges'
import { Loading, ProblemView } from '../../parts/States'
import { toastError } from '../../parts/toast'
import { downloadLink } from './download'

type Props = { shop: string; from: string; to: string; status: string; onClose: () => void }

const outcomes = ['will_send', 'blocked', 'suppressed', 'in_flight'] as const
const tones: Record<ShipFileRow['outcome'], Tone> = { will_send: 'green', blocked: 'red', suppressed: 'grey', in_flight: 'blue' }

function Rows({ rows }: { rows: ShipFileRow[] }) {
  const t = useT()
  const sorted = useMemo(() => [...rows].sort((a, b) => outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome)), [rows])
  if (rows.length === 0) return <p className="muted">{t('export.none')}</p>
  return (
    <div className="simple-scroll preview-rows" tabIndex={0} role="region" aria-label={t('export.rows')}>
      <table className="simple">
        <thead><tr><th scope="col">{t('order.orderNo')}</th><th scope="col">{t('writebacks.payload')}</th><th scope="col">{t('preview.outcome')}</th><th scope="col">{t('common.reason')}</th></tr></thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={row.id}>
              <td className="nowrap"><Link href={`/orders/${row.order_id}`}>{row.order_no}</Link></td>
              <td className="nowrap">{row.payload_summary || '—'}</td>
              <td><Badge tone={tones[row.outcome]}>{t(row.outcome === 'will_send' ? 'export.goes' : `preview.${row.outcome}`)}</Badge></td>
              <td>{[...row.reasons, ...row.notes].map((reason) => <div key={reason.code}>{reason.detail}</div>)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** What goes into the file is what was seen; once it is made, it can be had again as often as wanted. */
export function ExportDialog({ shop: wanted, from, to, status, onClose }: Props) {
  const t = useT()
  const shops = useShops()
  const malls = useMalls()
  const queries = useQueryClient()
  const able = shops.filter((shop) => (malls.find((mall) => mall.mall === shop.mall)?.ship_files?.length ?? 0) > 0)
  const [chosen, setChosen] = useState<string | null>(wanted || null)
  const [format, setFormat] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const [made, setMade] = useState<ShipFileMade | null>(null)
  const shop = able.find((item) => item.id === chosen) ?? able[0]
  const formats = malls.find((mall) => mall.mall === shop?.mall)?.ship_files ?? []
  const kind = formats.find((item) => item.id === format) ?? formats[0]
  const body = { shop: shop?.id ?? '', ...(kind && { format: kind.id }), ...(from && { from }), ...(to && { to }), ...(status && { work_statuses: [status] }) }
  const query = useQuery({ queryKey: ['export', body], queryFn: () => take(api.POST('/ship-files/preview', { body })), gcTime: 0, refetchOnWindowFocus: false, enabled: shop !== undefined && made === null, placeholderData: undefined })
  const going = query.data?.rows.filter((row) => row.outcome === 'will_send') ?? []
  const make = async () => {
    setBusy(true)
    try {
      const result = await take(api.POST('/ship-files', { body: { shop: body.shop, ...(kind && { format: kind.id }), ids: going.map((row) => row.id) } }))
      setMade(result)
      downloadLink(result.file)
      await Promise.all([queries.invalidateQueries({ queryKey: keys.allWritebacks }), queries.invalidateQueries({ queryKey: keys.allCounts }), queries.invalidateQueries({ queryKey: keys.shipFiles })])
    } catch (error) {
      toastError(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} title={t('export.title')} size="90%" data-export>
      {!shop ? <p>{malls.length ? t('export.noFormat') : <Loading />}</p> : made ? (
        <div className="stack">
          <div role="status" className="notice" data-tone="green">{t('export.made', { n: count(made.file.orders), name: made.file.file_name })}</div>
          <p>{t('export.next')}</p>
          <div className="line">
            <Button size="sm" component="a" href={`/api/v1/ship-files/${made.file.id}/content`} download={made.file.file_name}>{t('export.download')}</Button>
            <Button size="sm" variant="default" onClick={onClose}>{t('common.close')}</Button>
          </div>
          {made.rows.length > made.file.orders && <Rows rows={made.rows.filter((row) => row.outcome !== 'will_send')} />}
        </div>
      ) : (
        <div className="stack">
          <div className="line line-top">
            <Select label={t('order.shop')} size="xs" data={able.map((item) => ({ value: item.id, label: item.name }))} value={shop.id} onChange={(value) => { setChosen(value); setFormat(null) }} className="shop-select" allowDeselect={false} />
            {formats.length > 1 ? <Select label={t('export.format')} size="xs" data={formats.map((item) => ({ value: item.id, label: item.label }))} value={kind?.id ?? null} onChange={setFormat} className="shop-select" allowDeselect={false} /> : <span className="shop-state muted">{kind?.label}</span>}
          </div>
          {query.isError ? <ProblemView error={query.error} onRetry={() => void query.refetch()} /> : !query.data ? <Loading /> : (
            <>
              <div className="figures" role="group" aria-label={t('fetch.counts')}>
                {outcomes.map((outcome) => <span key={outcome} className="figure"><span>{t(outcome === 'will_send' ? 'export.goes' : `preview.${outcome}`)}</span><strong>{count(query.data.counts[outcome])}</strong></span>)}
              </div>
              {query.data.hidden_by_filter > 0 && <p className="muted">{t('writebacks.hidden', { n: count(query.data.hidden_by_filter) })}</p>}
              <Rows rows={query.data.rows} />
              <p>{t('export.effect')}</p>
              <div className="line">
                <Button size="sm" loading={busy} disabled={going.length === 0} onClick={() => void make()}>{t('export.do', { n: count(going.length) })}</Button>
                <Button size="sm" variant="default" onClick={onClose}>{t('common.stop')}</Button>
              </div>
            </>
          )}
        </div>
      )}
    </Modal>
  )
}
