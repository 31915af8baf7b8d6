// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { api, take } from '../../api/client'
import { useShops, useWorkStatuses } from '../../api/hooks'
import { keys } from '../../api/keys'
import { usePreferences } from '../../api/preferences'
import { useSession } from '../../api/session'
import type { Writeback, WritebackAspect } from '../../api/types'
import { Reasons } from '../../blocks/WritebackTable'
import { WritebackDrawer } from '../../blocks/WritebackDrawer'
import { useLanguage, useT } from '../../i18n'
import * as vocabulary from '../../i18n/vocabulary'
import { formatFull, formatTime, isDay, minutesToText } from '../../lib/dates'
import { count } from '../../lib/money'
import { may } from '../../lib/permissions'
import { SelectionStore } from '../../lib/selection'
import { Badge, ShopName, WritebackBadge } from '../../parts/Badges'
import { ChoiceChip } from '../../parts/Chip'
import { DataTable, type Column } from '../../parts/DataTable'
import { RangeChip } from '../../parts/RangeChip'
import { Empty, Loading, ProblemView } from '../../parts/States'
import { Tabs } from '../../parts/Tabs'
import { useHotkeys } from '../../parts/useHotkeys'
import { ExportDialog } from './ExportDialog'
import { PreviewDialog } from './PreviewDialog'
import { ShipFiles } from './ShipFiles'

const states = ['open', 'needs_person', 'sending', 'accepted', 'sent', 'verified', 'suppressed', 'all', 'files'] as const

function age(item: Writeback, language: 'ja' | 'en') {
  if (['verified', 'superseded', 'waived', 'suppressed'].includes(item.state)) return null
  const minutes = Math.max(0, (Date.now() - new Date(item.created_at).getTime()) / 60_000)
  return <Badge tone={minutes > 2880 ? 'red' : minutes > 1440 ? 'yellow' : 'plain'}>{minutesToText(minutes, language)}</Badge>
}

function useSearchState() {
  const [, navigate] = useLocation()
  const search = useSearch()
  const params = useMemo(() => new URLSearchParams(search), [search])
  const day = (name: string) => { const value = params.get(name) ?? ''; return isDay(value) ? value : '' }
  const aspect = params.get('aspect') ?? ''
  const value = {
    state: params.get('state') ?? 'open', shop: params.get('shop') ?? '', status: params.get('status') ?? '', from: day('from'), to: day('to'),
    aspect: (aspect in vocabulary.writebackAspect ? aspect : '') as WritebackAspect | '',
  }
  const set = (change: Record<string, string>) => {
    const next = new URLSearchParams(search)
    for (const [name, text] of Object.entries(change)) {
      if (text) next.set(name, text)
      else next.delete(name)
    }
    navigate(`/writebacks${next.size ? `?${next}` : ''}`)
  }
  return { value, set, search }
}

function SelectionBar({ store, onPreview, allowed }: { store: SelectionStore; onPreview: () => void; allowed: boolean }) {
  const t = useT()
  const size = useSyncExternalStore(store.subscribe, store.size)
  if (size === 0) return null
  return (
    <div className="bulk" role="region" aria-label={t('orders.bulk')}>
      <strong role="status">{t('orders.selected', { n: count(size) })}</strong>
      <Button size="xs" onClick={onPreview} disabled={!allowed}>{t('writebacks.previewChosen')}</Button>
      <span className="grow" />
      <button type="button" className="plain-button" onClick={() => store.clear()}>{t('orders.unselect')}</button>
    </div>
  )
}

export default function WritebacksScreen() {
  const t = useT()
  const language = useLanguage()
  const { value, set, search } = useSearchState()
  const shops = useShops()
  const { byId, list: workStatuses } = useWorkStatuses()
  const density = usePreferences().density
  const allowed = may(useSession().user.role, 'staff')
  const [store] = useState(() => new SelectionStore())
  const keyboard = useRef(false)
  const [opened, setOpened] = useState<string | null>(null)
  const [preview, setPreview] = useState<{ ids?: string[] } | null>(null)
  const [exporting, setExporting] = useState(false)
  const files = value.state === 'files'
  const filter = { state: files ? 'open' : value.state, ...(value.shop && { shop: value.shop }), ...(value.status && { work_status: value.status }), ...(value.aspect && { aspect: value.aspect }), ...(value.from && { from: value.from }), ...(value.to && { to: value.to }) }
  const query = useInfiniteQuery({
    queryKey: keys.writebacks(filter),
    queryFn: ({ pageParam }) => take(api.GET('/writebacks', { params: { query: { ...filter, limit: 200, ...(pageParam && { cursor: pageParam }) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 5_000,
  })
  const first = query.data?.pages[0]
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.writebacks) ?? [], [query.data])
  useEffect(() => store.clear(), [search, store])
  useEffect(() => store.keepOnly(rows.map((row) => row.id)), [rows, store])
  const open = useCallback((row: Writeback) => setOpened(row.id), [])
  const columns = useMemo((): Column<Writeback>[] => [
    { key: 'order_no', header: t('order.orderNo'), width: 232, sticky: true, render: (row) => <Link className="order-no" href={`/orders/${row.order_id}`}>{row.order_no}</Link> },
    { key: 'shop', header: t('order.shop'), width: 130, render: (row) => <ShopName mall={row.mall} name={row.shop} />, title: (row) => row.shop },
    { key: 'aspect', header: t('writebacks.aspect'), width: 86, render: (row) => vocabulary.writebackAspect[row.aspect][language] },
    { key: 'payload', header: t('writebacks.payload'), width: 250, render: (row) => row.payload_summary || '—', title: (row) => row.payload_summary },
    { key: 'state', header: t('writebacks.state'), width: 140, render: (row) => <WritebackBadge state={row.state} /> },
    { key: 'reason', header: t('common.reason'), width: 340, render: (row) => <Reasons item={row} />, title: (row) => row.reasons?.map((reason) => reason.detail).join(' ') },
    { key: 'age', header: t('writebacks.waiting'), width: 100, render: (row) => age(row, language), title: (row) => formatFull(row.created_at) },
    { key: 'next', header: t('writebacks.next'), width: 90, render: (row) => formatTime(row.next_attempt_at) || '—' },
    { key: 'attempts', header: t('writebacks.attempts'), width: 50, number: true, render: (row) => row.attempts },
    { key: 'status', header: t('order.workStatus'), width: 110, render: (row) => byId.get(row.work_status ?? '')?.name ?? '—' },
    { key: 'updated', header: t('order.updatedAt'), width: 100, render: (row) => formatTime(row.order_updated_at), title: (row) => formatFull(row.order_updated_at) },
    { key: 'verified', header: t('writebacks.verified'), width: 100, render: (row) => formatTime(row.verified_at) || '—', title: (row) => formatFull(row.verified_at) || undefined },
  ], [t, language, byId])
  const ids = () => rows.map((row) => row.id)
  const step = (by: number) => () => { keyboard.current = true; store.move(ids(), by) }
  useHotkeys({
    ArrowDown: step(1), j: step(1), ArrowUp: step(-1), k: step(-1),
    Space: () => { const at = store.cursor(); if (at) store.toggle(at) }, x: () => { const at = store.cursor(); if (at) store.toggle(at) },
    Enter: () => setOpened(store.cursor()), o: () => setOpened(store.cursor()),
    'Ctrl+a': () => store.setAll(ids()), Escape: () => store.clear(), r: () => void query.refetch(),
  })
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query
  const more = useCallback(() => { if (hasNextPage && !isFetchingNextPage) void fetchNextPage() }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const label = (state: (typeof states)[number]) => state === 'files' ? t('export.files') : state === 'open' || state === 'all' ? t(`writebacks.${state}`) : state === 'needs_person' ? t('writebacks.needsPerson') : vocabulary.writebackState[state][language]
  const tabs = states.map((id) => ({ id, label: label(id), count: id === 'all' || id === 'files' ? undefined : first?.counts[id] ?? (first ? 0 : undefined), attention: id === 'needs_person' && (first?.counts.needs_person ?? 0) > 0 }))
  const hidden = first?.hidden_by_filter ?? 0
  const clear = () => set({ shop: '', status: '', aspect: '', from: '', to: '' })
  const rowHeight = density === 'comfortable' || window.matchMedia('(pointer: coarse)').matches ? 40 : 32
  const selectionFilter = { ...(value.shop && { shop: value.shop }), ...(value.status && { work_statuses: [value.status] }), ...(value.aspect && { aspect: value.aspect }), ...(value.from && { from: value.from }), ...(value.to && { to: value.to }) }
  return (
    <>
      <h1 className="offscreen">{t('frame.writebacks')}</h1>
      <Tabs label={t('frame.writebacks')} tabs={tabs} active={value.state} onChange={(state) => set({ state: state === 'open' ? '' : state })} panel="writeback-list" />
      <div className="filters">
        <RangeChip label={t('writebacks.period')} from={value.from} to={value.to} onChange={(from, to) => set({ from, to })} />
        <ChoiceChip label={t('order.shop')} options={shops.map((shop) => ({ value: shop.id, label: shop.name }))} value={value.shop} onChange={(shop) => set({ shop })} />
        <ChoiceChip label={t('order.workStatus')} options={workStatuses.map((status) => ({ value: status.id, label: status.name }))} value={value.status} onChange={(status) => set({ status })} />
        <ChoiceChip label={t('writebacks.aspect')} options={Object.entries(vocabulary.writebackAspect).map(([aspect, text]) => ({ value: aspect, label: text[language] }))} value={value.aspect} onChange={(aspect) => set({ aspect })} />
        {hidden > 0 && !files && <span className="muted">{t('writebacks.hidden', { n: count(hidden) })} <button type="button" className="plain-button" onClick={clear}>{t('writebacks.include')}</button></span>}
        <span className="grow" />
        <Button size="xs" variant="default" onClick={() => setExporting(true)} disabled={!allowed} title={allowed ? undefined : t('common.staffOnly')}>{t('export.open')}</Button>
        <Button size="xs" onClick={() => setPreview({})} disabled={!allowed} title={allowed ? undefined : t('common.staffOnly')}>{t('writebacks.preview')}</Button>
      </div>
      <div id="writeback-list" role="tabpanel" aria-label={tabs.find((tab) => tab.id === value.state)?.label ?? value.state} className="list-panel">
        {files ? <ShipFiles shop={value.shop} allowed={allowed} /> : <>
        {query.isFetching && !query.isPending && <div className="thin-line" aria-hidden="true" />}
        {query.isError ? <div className="screen"><ProblemView error={query.error} onRetry={() => void query.refetch()} /></div>
          : query.isPending ? <Loading />
            : rows.length === 0 ? <Empty title={value.state === 'open' ? t('writebacks.none') : t('writebacks.noneHere')}>{hidden > 0 && <Button size="xs" variant="default" onClick={clear}>{t('writebacks.include')}</Button>}</Empty>
              : <DataTable label={t('frame.writebacks')} rows={rows} columns={columns} rowId={(row) => row.id} rowName={(row) => row.order_no} store={store} onOpen={open} onEnd={more} rowHeight={rowHeight} keyboard={keyboard} />}
        </>}
      </div>
      <SelectionBar store={store} allowed={allowed} onPreview={() => setPreview({ ids: store.list() })} />
      <WritebackDrawer id={opened} onClose={() => setOpened(null)} />
      {exporting && <ExportDialog shop={value.shop} from={value.from} to={value.to} status={value.status} onClose={() => setExporting(false)} />}
      {preview && <PreviewDialog selection={preview.ids ? { ids: preview.ids } : selectionFilter} onClose={() => setPreview(null)} onDone={() => store.clear()} />}
    </>
  )
}
