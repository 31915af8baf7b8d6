// SPDX-License-Identifier: Apache-2.0
import { Link } from 'wouter'
import type { Carrier, OrderRow, WorkStatus, WorkStatusRole } from '../../api/types'
import type { Language, Translate } from '../../i18n'
import * as vocabulary from '../../i18n/vocabulary'
import { formatDay, formatFull, formatTime } from '../../lib/dates'
import { yen } from '../../lib/money'
import { Badge, MarkBadges, PaymentBadge, ShopName, WritebackBadge } from '../../parts/Badges'
import type { Column } from '../../parts/DataTable'

type Context = {
  t: Translate; language: Language; search: string; role: WorkStatusRole | undefined
  statuses: Map<string, WorkStatus>; carriers: Carrier[]
  sort: '' | 'ordered_at' | '-ordered_at'; onSort: () => void
}

export const columnKeys = [
  'shop', 'ordered_at', 'work_status', 'mall_status', 'orderer', 'destination', 'items', 'quantity', 'total', 'payment_method', 'payment', 'delivery',
  'wish', 'carrier', 'tracking', 'ship_date', 'writeback', 'marks', 'memo', 'updated_at',
] as const
export type ColumnKey = (typeof columnKeys)[number]

const shippingRoles: WorkStatusRole[] = ['ready', 'work', 'shipped', 'done']

/** What each tab shows until the person chooses otherwise. */
export function shownByDefault(key: ColumnKey, role: WorkStatusRole | undefined): boolean {
  const shipping = role !== undefined && shippingRoles.includes(role)
  switch (key) {
    case 'work_status': return role === undefined
    case 'delivery': case 'payment_method': case 'updated_at': return false
    case 'wish': return role === 'ready' || role === 'work' || role === 'entry'
    case 'carrier': case 'tracking': case 'ship_date': return shipping || role === undefined
    case 'writeback': return shipping || role === 'cancelled' || role === undefined
    case 'quantity': case 'destination': return true
    case 'mall_status': return role !== 'ready' && role !== 'work'
    default: return true
  }
}

export function isShown(key: ColumnKey, role: WorkStatusRole | undefined, changed: string[]): boolean {
  const name = `${role ?? 'all'}.${key}`
  return changed.includes(name) !== shownByDefault(key, role)
}

export function orderColumns(context: Context, changed: string[]): Column<OrderRow>[] {
  const { t, language, search, statuses, carriers, sort, onSort } = context
  const day = (value: string | null | undefined) => (value ? formatDay(value, language, false).slice(5) : '')
  const all: Record<ColumnKey, Omit<Column<OrderRow>, 'key'>> = {
    shop: { header: t('order.shop'), width: 118, render: (row) => <>{row.channel === 'auction' && <><Badge tone="yellow">{t('orders.auctionShort')}</Badge> </>}<ShopName mall={row.mall} name={row.shop} /></>, title: (row) => (row.channel === 'auction' ? `${row.shop} ${t('filter.auction')}` : row.shop) },
    ordered_at: {
      header: t('order.orderedAt'), width: 96, render: (row) => formatTime(row.ordered_at), title: (row) => formatFull(row.ordered_at),
      sort: { direction: sort === 'ordered_at' ? 'ascending' : sort === '-ordered_at' ? 'descending' : undefined, toggle: onSort },
    },
    work_status: {
      header: t('order.workStatus'), width: 128, render: (row) => {
        const status = statuses.get(row.work_status)
        return status ? <Badge><span className="dot" style={{ background: `var(--mantine-color-${status.colour}-6)` }} aria-hidden="true" />{status.name}</Badge> : row.work_status
      },
    },
    mall_status: { header: t('order.mallStatus'), width: 112, render: (row) => row.mall_status_label ?? row.mall_status ?? '—', title: (row) => (row.mall_updated_at ? formatFull(row.mall_updated_at) : undefined) },
    orderer: { header: t('order.orderer'), width: 104, render: (row) => row.orderer_name ?? '—', title: (row) => row.orderer_name ?? undefined },
    destination: {
      header: t('order.destination'), width: 112,
      render: (row) => (row.destination_count > 1 ? t('orders.destinations', { n: row.destination_count }) : `${row.destination_prefecture ?? '—'}${row.destination_name && row.destination_name !== row.orderer_name ? ` ${row.destination_name}` : ''}`),
      title: (row) => [row.destination_prefecture, row.destination_name].filter(Boolean).join(' '),
    },
    items: { header: t('order.items'), width: 232, render: (row) => (row.line_count > 1 ? <>{row.item_summary} <span className="muted">{t('orders.more', { n: row.line_count - 1 })}</span></> : row.item_summary), title: (row) => row.item_summary },
    quantity: { header: t('order.quantity'), width: 46, number: true, render: (row) => row.quantity },
    total: { header: t('order.total'), width: 88, number: true, render: (row) => (row.total === null ? <span className="muted">{yen(null, language)}</span> : yen(row.total, language)) },
    payment_method: { header: t('order.paymentMethod'), width: 116, render: (row) => row.payment_method ?? '—', title: (row) => row.payment_method ?? undefined },
    payment: { header: t('order.payment'), width: 92, render: (row) => <PaymentBadge state={row.payment_state} />, title: (row) => (row.paid_at ? formatFull(row.paid_at) : undefined) },
    delivery: { header: t('order.delivery'), width: 110, render: (row) => row.delivery_method ?? '—' },
    wish: { header: t('order.wish'), width: 118, render: (row) => [day(row.requested_date), row.requested_slot].filter(Boolean).join(' ') || '—' },
    carrier: { header: t('order.carrier'), width: 92, render: (row) => carriers.find((item) => item.code === row.carrier)?.name ?? row.carrier ?? '—' },
    tracking: { header: t('order.tracking'), width: 132, render: (row) => (row.tracking_numbers.length ? <>{row.tracking_numbers[0]}{row.tracking_numbers.length > 1 && <span className="muted"> +{row.tracking_numbers.length - 1}</span>}</> : '—'), title: (row) => row.tracking_numbers.join(', ') || undefined },
    ship_date: { header: t('order.shipDate'), width: 66, render: (row) => day(row.ship_date) || '—' },
    writeback: { header: t('order.writeback'), width: 136, render: (row) => <WritebackBadge state={row.writeback_state} /> },
    marks: { header: t('order.marks'), width: 150, render: (row) => <MarkBadges marks={row.marks} />, title: (row) => row.marks.map((mark) => vocabulary.mark[mark]?.[language] ?? mark).join(', ') || undefined },
    memo: { header: t('order.memo'), width: 170, render: (row) => row.memo, title: (row) => row.memo || undefined },
    updated_at: { header: t('order.updatedAt'), width: 96, render: (row) => formatTime(row.updated_at), title: (row) => formatFull(row.updated_at) },
  }
  return [
    {
      key: 'order_no', header: t('order.orderNo'), width: 216, sticky: true,
      render: (row) => <Link href={`/orders/${row.id}${search}`} className="order-no">{row.order_no}</Link>,
    },
    ...columnKeys.filter((key) => isShown(key, context.role, changed)).map((key) => ({ key, ...all[key] })),
  ]
}
