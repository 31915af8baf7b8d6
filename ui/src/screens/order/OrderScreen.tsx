// SPDX-License-Identifier: Apache-2.0
import { Button, Modal } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { api, take } from '../../api/client'
import { useEvent, type EventData } from '../../api/events'
import { useCarriers, useWorkStatuses } from '../../api/hooks'
import { keys } from '../../api/keys'
import { useMoves } from '../../api/moves'
import { etag, readOrder, useOrderList, useOrderPatcher } from '../../api/orders'
import { currentPreferences } from '../../api/preferences'
import { isCode } from '../../api/problem'
import { useSession } from '../../api/session'
import type { Order, OrderChange } from '../../api/types'
import { WritebackDrawer } from '../../blocks/WritebackDrawer'
import { WritebackTable } from '../../blocks/WritebackTable'
import { useLanguage, useT } from '../../i18n'
import { copyText } from '../../lib/clipboard'
import { formatTime } from '../../lib/dates'
import { may } from '../../lib/permissions'
import { filterToSearch, parseFilter } from '../../lib/query'
import { RefusalsDialog } from '../../parts/RefusalsDialog'
import { Empty, Loading, ProblemView } from '../../parts/States'
import { toast, toastError } from '../../parts/toast'
import { useHotkeys } from '../../parts/useHotkeys'
import { CancelDialog } from './CancelDialog'
import { Axes, Orderer } from './Facts'
import { Head } from './Head'
import { History } from './History'
import { Memo } from './Memo'
import { Money } from './Money'
import { PackageCard } from './PackageCard'
import { Parcels } from './Parcels'
import { RawDialog } from './RawDialog'
import { useShip } from './useShip'

export default function OrderScreen({ id }: { id: string }) {
  const t = useT()
  const queries = useQueryClient()
  const query = useQuery({ queryKey: keys.order(id), queryFn: () => readOrder(id), placeholderData: undefined })
  useEvent('order.changed', useCallback((data: EventData['order.changed']) => {
    if (data.ids.includes(id)) void queries.invalidateQueries({ queryKey: keys.order(id) })
  }, [queries, id]))
  useEvent('writeback.changed', useCallback((data: EventData['writeback.changed']) => {
    if (data.order_ids.includes(id)) void queries.invalidateQueries({ queryKey: keys.order(id) })
  }, [queries, id]))
  if (isCode(query.error, 'not_found')) return <Empty title={t('order.notFound')}><Link href="/orders?status=all">{t('frame.toOrders')}</Link></Empty>
  if (query.isError && !query.data) return <div className="screen"><ProblemView error={query.error} onRetry={() => void query.refetch()} /></div>
  if (!query.data) return <Loading />
  return <Loaded order={query.data} />
}

function Loaded({ order }: { order: Order }) {
  const t = useT()
  const language = useLanguage()
  const [, navigate] = useLocation()
  const search = useSearch()
  const { list: statuses, byId, entry } = useWorkStatuses()
  const carriers = useCarriers()
  const allowed = may(useSession().user.role, 'staff')
  const patch = useOrderPatcher()
  const queries = useQueryClient()
  const { move, refusals, clearRefusals } = useMoves()
  const [picker, setPicker] = useState(false)
  const [dialog, setDialog] = useState<'raw' | 'cancel' | 'accept' | null>(null)
  const [writeback, setWriteback] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  const parsed = useMemo(() => parseFilter(search), [search])
  const filter = useMemo(() => ({ ...parsed, status: parsed.status || entry?.id || '' }), [parsed, entry])
  const address = search ? filterToSearch(filter) : ''
  const list = useOrderList(filter, search !== '' && filter.status !== '')
  const at = list.rows.findIndex((row) => row.id === order.id)
  const previous = list.rows[at - 1]
  const next = at >= 0 ? list.rows[at + 1] : undefined
  const place = at < 0 ? null : { at: at + 1, of: list.first?.total ?? null, previous: previous && `/orders/${previous.id}${address}`, next: next && `/orders/${next.id}${address}` }
  useEffect(() => {
    document.title = `${order.order_no} - Juchu`
    return () => { document.title = 'Juchu' }
  }, [order.order_no])

  const onward = () => {
    const wish = currentPreferences().after_action ?? 'next'
    if (wish === 'list') navigate(`/orders${address}`)
    else if (wish === 'next' && place?.next) navigate(place.next)
  }
  const changed = (change: OrderChange, moved = false) => {
    patch(change.order)
    void queries.invalidateQueries({ queryKey: keys.allCounts })
    void queries.invalidateQueries({ queryKey: keys.allWritebacks })
    if (moved) onward()
  }
  const ship = useShip(order, carriers, changed)
  const moveTo = async (id: string) => {
    const status = byId.get(id)
    if (!status) return
    const result = await move({ ids: [order.id] }, status, new Map([[order.id, order.work_status]]))
    if (result && result.done > 0) onward()
  }
  const accept = async () => {
    setBusy(true)
    try {
      changed(await take(api.POST('/orders/{id}/accept', { params: { path: { id: order.id }, header: { 'If-Match': etag(order.version) } } })))
      toast({ message: t('order.accepted') })
      setDialog(null)
    } catch (error) {
      toastError(error)
    } finally {
      setBusy(false)
    }
  }
  const reread = async () => {
    try {
      await take(api.POST('/orders/{id}/reread', { params: { path: { id: order.id } } }))
      toast({ message: t('order.rereading') })
    } catch (error) {
      toastError(error)
    }
  }
  const focus = (selector: string) => () => document.querySelector<HTMLElement>(selector)?.focus()
  useHotkeys({
    m: () => { if (allowed) setPicker(true) },
    t: focus('[data-tracking]'),
    n: focus('#memo'),
    c: () => void copyText(order.order_no).then((done) => { if (done) toast({ message: t('common.copied', { text: order.order_no }) }) }),
    '[': () => { if (place?.previous) navigate(place.previous) },
    ']': () => { if (place?.next) navigate(place.next) },
    Escape: () => navigate(`/orders${address}`),
    r: () => void queries.invalidateQueries({ queryKey: keys.order(order.id) }),
    'Ctrl+s': () => { if (ship.draft.dirty) void ship.submit(false) },
    'Ctrl+Enter': () => { if (allowed && order.order_state !== 'cancelled') void ship.submit(true) },
  })
  const shippable = allowed && order.order_state !== 'cancelled'
  const stale = ship.draft.dirty && ship.draft.value.version !== order.version
  return (
    <div className="screen order-screen">
      <Head
        order={order} back={`/orders${address}`} backLabel={`${t('frame.orders')}${byId.get(filter.status) && search ? `(${byId.get(filter.status)?.name})` : ''}`} place={place} statuses={statuses} picker={picker} onPicker={setPicker}
        onMove={(id) => void moveTo(id)} onAccept={() => setDialog('accept')} onReread={() => void reread()} onRaw={() => setDialog('raw')} onCancel={() => setDialog('cancel')}
      />
      {order.marks.includes('cancel_arrived') && <div className="notice" data-tone="red" role="alert">{t('order.stopShipping')}</div>}
      <Axes order={order} status={byId.get(order.work_status)} />
      <div className="order-columns">
        <div className="stack">
          {order.packages.map((item, index) => (
            <PackageCard key={item.id} order={order} item={item} index={index}>
              <Parcels order={order} item={item} index={index} carriers={carriers} ship={ship} allowed={shippable} />
            </PackageCard>
          ))}
          <div className="card ship-bar">
            <span className="grow">
              {ship.draft.restoredAt && <span className="badge" data-tone="yellow">{t('common.restored', { time: formatTime(ship.draft.restoredAt) })}</span>}
              {stale && <span className="badge" data-tone="yellow">{t('order.changedMeanwhile')}</span>}
              {!allowed && <span className="muted">{t('common.staffOnly')}</span>}
              {allowed && !shippable && <span className="muted">{t('ship.cancelled')}</span>}
              {shippable && !ship.draft.restoredAt && !stale && <span className="muted">{t('ship.hint')}</span>}
            </span>
            {ship.draft.dirty && <Button size="xs" variant="default" onClick={ship.draft.discard}>{t('common.discard')}</Button>}
            <Button size="xs" variant="default" disabled={!shippable || !ship.draft.dirty} loading={ship.busy === 'save'} onClick={() => void ship.submit(false)} data-ship-save>{t('ship.save')}</Button>
            <Button size="xs" disabled={!shippable} loading={ship.busy === 'move'} onClick={() => void ship.submit(true)}>{t('ship.ship')}</Button>
          </div>
          <section className="card" aria-label={t('order.writebacks')}>
            <div className="card-head"><h2>{t('order.writebacks')}</h2></div>
            {order.writebacks.length ? <WritebackTable writebacks={order.writebacks} onOpen={setWriteback} /> : <p className="card-body muted">{t('order.noWriteback')}</p>}
          </section>
        </div>
        <div className="stack">
          <Memo order={order} onChanged={changed} />
          <Orderer order={order} />
          <Money order={order} />
          <History id={order.id} version={order.version} language={language} />
        </div>
      </div>
      {ship.dialog}
      {dialog === 'raw' && <RawDialog id={order.id} onClose={() => setDialog(null)} />}
      {dialog === 'cancel' && <CancelDialog order={order} onClose={() => setDialog(null)} onChanged={(change) => { changed(change); toast({ message: t('cancel.done') }) }} />}
      {dialog === 'accept' && (
        <Modal opened onClose={() => setDialog(null)} title={t('order.acceptTitle')}>
          <div className="stack">
            <p>{t('order.acceptEffect', { number: order.order_no, shop: order.shop })}</p>
            <div className="line"><Button size="sm" loading={busy} data-autofocus onClick={() => void accept()}>{t('order.acceptDo')}</Button><Button size="sm" variant="default" onClick={() => setDialog(null)}>{t('common.stop')}</Button></div>
          </div>
        </Modal>
      )}
      <WritebackDrawer id={writeback} onClose={() => setWriteback(null)} />
      <RefusalsDialog refusals={refusals} onClose={clearRefusals} />
    </div>
  )
}
