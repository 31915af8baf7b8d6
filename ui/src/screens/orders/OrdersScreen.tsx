// SPDX-License-Identifier: Apache-2.0
import { Button, Modal } from '@mantine/core'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { api, take } from '../../api/client'
import { useCarriers, useCounts, useHealth, useWorkStatuses } from '../../api/hooks'
import { useMoves, type Target } from '../../api/moves'
import { useOrderList } from '../../api/orders'
import { setPreferences, usePreferences } from '../../api/preferences'
import { useSession } from '../../api/session'
import type { BulkResult, OrderRow, WorkStatus } from '../../api/types'
import { useLanguage, useT } from '../../i18n'
import { copyText } from '../../lib/clipboard'
import { formatTime } from '../../lib/dates'
import { count } from '../../lib/money'
import { looksLikeOrderNumber, splitOrderNumbers } from '../../lib/normalise'
import { may } from '../../lib/permissions'
import { conditionCount, filterToApi, filterToSearch, parseFilter, withoutConditions, type OrderFilter } from '../../lib/query'
import { SelectionStore } from '../../lib/selection'
import { DataTable } from '../../parts/DataTable'
import { RefusalsDialog } from '../../parts/RefusalsDialog'
import { Empty, Loading, ProblemView } from '../../parts/States'
import { Tabs } from '../../parts/Tabs'
import { toast, toastError } from '../../parts/toast'
import { useHotkeys, type Hotkeys } from '../../parts/useHotkeys'
import { BulkBar } from './BulkBar'
import { orderColumns } from './columns'
import { OrderFilters } from './OrderFilters'
import { useLiveRows } from './useLiveRows'

const outward = ['shipped', 'done', 'cancelled']

export default function OrdersScreen() {
  const t = useT()
  const language = useLanguage()
  const session = useSession()
  const [, navigate] = useLocation()
  const search = useSearch()
  const preferences = usePreferences()
  const { list: statuses, byId, entry } = useWorkStatuses()
  const carriers = useCarriers()
  const parsed = useMemo(() => parseFilter(search), [search])
  const filter = useMemo(() => ({ ...parsed, status: parsed.status || entry?.id || '' }), [parsed, entry])
  const role = byId.get(filter.status)?.role
  const counts = useCounts(filter.shop)
  const list = useOrderList(filter, filter.status !== '')
  const { rows, first } = list
  const [store] = useState(() => new SelectionStore())
  const keyboard = useRef(false)
  const [pickerOpen, setPickerOpen] = useState(false)
  const [everything, setEverything] = useState(false)
  const [busy, setBusy] = useState(false)
  const [asking, setAsking] = useState<{ status: WorkStatus; target: Target; preview: BulkResult } | null>(null)
  const { move, refusals, clearRefusals } = useMoves()
  const live = useLiveRows(rows, list.refetch)
  const address = filterToSearch(filter)

  const go = useCallback((next: OrderFilter) => {
    store.clear()
    setEverything(false)
    navigate(`/orders${filterToSearch(next)}`)
  }, [navigate, store])
  useEffect(() => {
    store.clear()
    setEverything(false)
  }, [address, store])
  useEffect(() => { store.keepOnly(rows.map((row) => row.id)) }, [rows, store])

  const onSort = useCallback(() => go({ ...filter, sort: filter.sort === 'ordered_at' ? '-ordered_at' : filter.sort === '-ordered_at' ? '' : 'ordered_at' }), [filter, go])
  const columns = useMemo(
    () => orderColumns({ t, language, search: address, role, statuses: byId, carriers, sort: filter.sort, onSort }, preferences.hidden_columns ?? []),
    [t, language, address, role, byId, carriers, filter.sort, onSort, preferences.hidden_columns],
  )
  const open = useCallback((row: OrderRow) => navigate(`/orders/${row.id}${address}`), [navigate, address])
  const rowClass = useCallback((row: OrderRow) => [
    byId.has(filter.status) && row.work_status !== filter.status ? 'leaving' : '', live.fresh.has(row.id) ? 'fresh' : '',
  ].join(' '), [byId, filter.status, live.fresh])

  const carryOut = async (target: Target, status: WorkStatus) => {
    setBusy(true)
    const known = new Map(rows.map((row) => [row.id, row.work_status]))
    const result = await move(target, status, known)
    setBusy(false)
    setAsking(null)
    if (!result) return
    store.clear()
    setEverything(false)
  }
  const chosen = (): Target => {
    if (everything) return { filter, expected: first?.total ?? 0 }
    const cursor = store.cursor()
    return { ids: store.size() ? store.list() : cursor ? [cursor] : [] }
  }
  const pick = async (id: string) => {
    const status = byId.get(id)
    const target = chosen()
    if (!status || ('ids' in target && target.ids.length === 0)) return
    if (!outward.includes(status.role)) return carryOut(target, status)
    setBusy(true)
    try {
      const body = 'ids' in target ? { ids: target.ids } : { query: filterToApi(target.filter), expected_count: target.expected }
      const preview = await take(api.POST('/orders/bulk', { body: { action: 'move', work_status: id, dry_run: true, ...body } }))
      setBusy(false)
      if (preview.consequences?.length) setAsking({ status, target, preview })
      else await carryOut(target, status)
    } catch (error) {
      setBusy(false)
      toastError(error)
    }
  }

  const ids = () => rows.map((row) => row.id)
  const step = (by: number, range = false) => () => {
    keyboard.current = true
    const before = store.cursor()
    if (range && before && !store.has(before)) store.toggle(before)
    const at = store.move(ids(), by)
    if (range && at) store.range(ids(), at)
  }
  const tick = (range = false) => () => {
    const cursor = store.cursor()
    if (cursor) range ? store.range(ids(), cursor) : store.toggle(cursor)
  }
  const tabs = useMemo(() => [
    { id: 'all', label: t('orders.all'), count: counts?.all },
    ...statuses.map((status) => ({ id: status.id, label: status.name, colour: status.colour, count: counts?.counts[status.id] ?? (counts ? 0 : undefined), alert: counts?.attention?.[status.id] ? { n: counts.attention[status.id] ?? 0, label: t('writebacks.needsPerson') } : undefined })),
  ], [statuses, counts, t])
  const toTab = (at: number) => () => {
    const tab = tabs[at]
    if (tab) go({ ...filter, status: tab.id })
  }
  const beside = (by: number) => toTab((tabs.findIndex((tab) => tab.id === filter.status) + by + tabs.length) % Math.max(1, tabs.length))
  const openCursor = () => {
    const row = rows.find((item) => item.id === store.cursor())
    if (row) open(row)
  }
  const digits: Hotkeys = Object.fromEntries(['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'].map((key, at) => [key, toTab(at)]))
  useHotkeys({
    ...digits,
    ArrowDown: step(1), j: step(1), ArrowUp: step(-1), k: step(-1), 'Shift+ArrowDown': step(1, true), 'Shift+ArrowUp': step(-1, true),
    Enter: openCursor, o: openCursor, Space: tick(), x: tick(), 'Shift+Space': tick(true),
    'Ctrl+a': () => (store.size() >= rows.length && first?.total && first.total > rows.length ? setEverything(true) : store.setAll(ids())),
    Escape: () => { setEverything(false); store.clear() },
    '[': beside(-1), ']': beside(1),
    m: () => { if (may(session.user.role, 'staff') && 'ids' in chosen()) { const cursor = store.cursor(); if (!store.size() && cursor) store.toggle(cursor) } if (store.size()) setPickerOpen(true) },
    r: () => live.reload(),
    c: () => {
      const row = rows.find((item) => item.id === store.cursor())
      if (row) void copyText(row.order_no).then((done) => { if (done) toast({ message: t('common.copied', { text: row.order_no }) }) })
    },
  })

  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const more = useCallback(() => { if (hasNextPage && !isFetchingNextPage) void fetchNextPage() }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const rowHeight = preferences.density === 'comfortable' || window.matchMedia('(pointer: coarse)').matches ? 40 : 32
  const hidden = first?.hidden_by_filter ?? 0
  const total = first?.total ?? null
  return (
    <>
      <h1 className="offscreen">{t('frame.orders')}</h1>
      <Tabs label={t('orders.tabs')} tabs={tabs} active={filter.status} onChange={(id) => go({ ...filter, status: id })} panel="order-list" />
      <OrderFilters filter={filter} onChange={go} role={role} />
      <div id="order-list" role="tabpanel" aria-label={tabs.find((tab) => tab.id === filter.status)?.label ?? t('frame.orders')} className="list-panel">
        {list.isFetching && !list.isPending && <div className="thin-line" aria-hidden="true" />}
        {rows.length > 0 && first?.missing?.length ? <div className="notice" data-tone="yellow"><span>{t('orders.missing', { numbers: first.missing.join(', ') })}</span><Link href={`/fetch?numbers=${encodeURIComponent(first.missing.join(','))}`}>{t('orders.fetchThese')}</Link></div> : null}
        {list.isError ? <div className="screen"><ProblemView error={list.error} onRetry={() => void list.refetch()} /></div>
          : list.isPending ? <Loading />
            : rows.length === 0 ? <EmptyList filter={filter} hidden={hidden} onClear={() => go(withoutConditions(filter))} role={role} />
              : <DataTable label={t('orders.table')} rows={rows} columns={columns} rowId={(row) => row.id} rowName={(row) => row.order_no} rowClass={rowClass} store={store} onOpen={open} onEnd={more} total={total} rowHeight={rowHeight} keyboard={keyboard} />}
      </div>
      <div className="list-foot">
        {live.news > 0 && <button type="button" className="plain-button" onClick={live.reload}>{t('orders.news', { n: count(live.news) })} <kbd className="key-hint">R</kbd></button>}
        <span className="grow" />
        {hidden > 0 && rows.length > 0 && <span>{t('orders.hidden', { n: count(hidden) })} <button type="button" className="plain-button" onClick={() => go(withoutConditions(filter))}>{t('filter.clear')}</button></span>}
        {rows.length > 0 && <span role="status">{total === null ? t('orders.shown', { n: count(rows.length) }) : t('orders.shownOf', { n: count(rows.length), total: count(total) })}</span>}
        {hasNextPage && <button type="button" className="plain-button" onClick={more} disabled={isFetchingNextPage}>{t('orders.loadMore')}</button>}
        <label className="line">{t('orders.pageSize')} <select value={preferences.page_size ?? 200} onChange={(event) => setPreferences({ page_size: Number(event.currentTarget.value) as 100 | 200 | 500 })}>{[100, 200, 500].map((size) => <option key={size} value={size}>{size}</option>)}</select></label>
      </div>
      <BulkBar store={store} statuses={statuses} current={byId.has(filter.status) ? filter.status : undefined} open={pickerOpen} onOpen={setPickerOpen} onMove={(id) => void pick(id)} loaded={rows.length} total={total} everything={everything} onEverything={setEverything} busy={busy} />
      <RefusalsDialog refusals={refusals} onClose={clearRefusals} />
      {asking && (
        <Modal opened onClose={() => setAsking(null)} title={t('orders.moveTitle', { n: count(asking.preview.done), status: asking.status.name })}>
          <div className="stack">
            <ul className="plain-list">{asking.preview.consequences?.map((item) => <li key={item.code}>{item.detail}</li>)}</ul>
            {asking.preview.refused.length > 0 && <p className="muted">{t('orders.willRefuse', { n: count(asking.preview.refused.length) })}</p>}
            <div className="line">
              <Button size="sm" loading={busy} data-autofocus onClick={() => void carryOut(asking.target, asking.status)}>{t('orders.moveDo', { n: count(asking.preview.done) })}</Button>
              <Button size="sm" variant="default" onClick={() => setAsking(null)}>{t('common.stop')}</Button>
            </div>
          </div>
        </Modal>
      )}
    </>
  )
}

function EmptyList({ filter, hidden, onClear, role }: { filter: OrderFilter; hidden: number; onClear: () => void; role: string | undefined }) {
  const t = useT()
  const shops = useHealth().data?.shops ?? []
  const down = shops.find((shop) => shop.health === 'down')
  const last = shops.map((shop) => shop.last_success_at ?? '').sort().at(-1)
  const numbers = splitOrderNumbers(filter.q)
  const asNumber = filter.q !== '' && numbers.length > 0 && numbers.every(looksLikeOrderNumber)
  if (asNumber) return <Empty title={t('orders.noNumber')}><Link href={`/fetch?numbers=${encodeURIComponent(numbers.join(','))}`}>{t('orders.fetchThese')}</Link></Empty>
  if (conditionCount(filter) > 0) {
    return <Empty title={t('orders.noMatch')}>{hidden > 0 && <span>{t('orders.noMatchHidden', { n: count(hidden) })}</span>}<Button size="xs" variant="default" onClick={onClear}>{t('filter.clear')}</Button></Empty>
  }
  return (
    <Empty title={role === 'entry' ? t('orders.noneNew') : t('orders.none')}>
      {last && <span>{t('orders.lastFetch', { time: formatTime(last) })}</span>}
      {down && <Link href="/shops">{t('orders.noneDown', { shop: down.shop })}</Link>}
      {shops.length === 0 && <Link href="/shops">{t('orders.noShop')}</Link>}
    </Empty>
  )
}
