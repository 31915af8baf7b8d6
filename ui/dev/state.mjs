// SPDX-License-Identifier: Apache-2.0
import { now, orders, statuses, writebacks } from './sample.mjs'

export const state = { sessions: new Map(), preferences: new Map(), streams: new Set(), undo: new Map(), runs: [], items: new Map(), events: new Map(), eventId: 0, failures: new Map() }
export const password = 'juchu-mock-password'
export const users = [['tencho@example.jp', '山田 店長', 'owner'], ['tanto@example.jp', '佐藤 担当', 'staff'], ['etsuran@example.jp', '鈴木 閲覧', 'viewer']]
  .map(([login, name, role], at) => ({ id: String(at + 1), login, name, role, language: 'ja', enabled: true, last_login_at: null }))

export function problem(status, code, detail, more = {}) {
  return Object.assign(new Error(detail), { problem: { type: 'about:blank', title: code, status, code, detail, ...more } })
}

export function emit(name, data) {
  const text = `id: ${++state.eventId}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`
  for (const stream of state.streams) stream.write(text)
}

const person = ['blocked', 'rejected', 'drift']
const closed = ['verified', 'suppressed', 'superseded', 'waived']
export const isOpen = (item) => !closed.includes(item.state)
export const needsPerson = (item) => person.includes(item.state)

export function counts(shop = '') {
  const ids = shop.split(',').filter(Boolean)
  const mine = orders.filter((order) => !ids.length || ids.includes(order.shop_id))
  const all = Object.fromEntries(statuses.map((status) => [status.id, 0]))
  const attention = {}
  for (const order of mine) {
    all[order.work_status]++
    if (order.writebacks.some(needsPerson)) attention[order.work_status] = (attention[order.work_status] ?? 0) + 1
  }
  const open = mine.filter((order) => !['done', 'cancelled'].includes(statuses.find((status) => status.id === order.work_status).role)).length
  return { counts: all, attention, all: mine.length, open, writebacks_open: writebacks.filter(isOpen).length, writebacks_needs_person: writebacks.filter(needsPerson).length }
}

export function record(order, kind, summary, session, changes = []) {
  const list = state.events.get(order.id) ?? [{ id: `${order.id}-0`, at: order.ordered_at, kind: 'imported', actor_kind: 'system', actor: null, summary: '取り込みました(自動)', cause: null, changes: [{ field: 'mall_status', label: 'モール状態', before: null, after: order.mall_status_label }] }]
  if (kind) list.unshift({ id: `${order.id}-${list.length}`, at: now(), kind, actor_kind: session ? 'user' : 'system', actor: session?.user.name ?? null, summary, cause: null, changes })
  state.events.set(order.id, list)
  return list
}

export function touch(order) {
  order.version++
  order.updated_at = now()
}

export function changed(ids, created = 0, session = null) {
  emit('order.changed', { ids, created, actor: session?.user.id ?? null })
  emit('counts.changed', counts())
}

const fold = (text) => String(text ?? '').normalize('NFKC').toLowerCase().replace(/[-‐−ー\s]/g, '').replace(/[ぁ-ん]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 96))

export function matches(order, query) {
  if (query.shop && !query.shop.split(',').includes(order.shop_id)) return false
  if (query.channel && order.channel !== query.channel) return false
  if (query.mark && !(query.mark === 'any' ? order.marks.length : order.marks.includes(query.mark))) return false
  if (query.writeback) {
    const ok = order.writebacks.some((item) => query.writeback === 'open' ? isOpen(item) : query.writeback === 'needs_person' ? needsPerson(item) : item.state === query.writeback)
    if (!ok) return false
  }
  const basis = query.date_basis ?? 'ordered_at'
  const day = basis === 'ship_date' ? order.packages[0].shipments[0]?.ship_date ?? '' : new Date(new Date(order[basis]).getTime() + 9 * 3_600_000).toISOString().slice(0, 10)
  if (query.from && day < query.from) return false
  if (query.to && day > query.to) return false
  if (query.q) {
    const numbers = query.q.split(/[,\t\n]+/).map((text) => text.trim()).filter(Boolean)
    if (numbers.length > 1) return numbers.includes(order.order_no)
    const text = fold([order.order_no, order.orderer.name, order.orderer.kana, order.orderer.phone, order.memo, ...order.packages.flatMap((item) => [item.name, item.kana, item.city, ...item.lines.map((line) => line.name + line.item_code), ...item.shipments.map((parcel) => parcel.tracking_number)])].join('\u0001'))
    if (!text.includes(fold(query.q))) return false
  }
  return true
}

export function inTab(order, tab) {
  if (!tab || tab === 'all') return true
  const role = statuses.find((status) => status.id === order.work_status).role
  return tab === 'open' ? !['done', 'cancelled'].includes(role) : order.work_status === tab
}

export function row(order) {
  const lines = order.packages.flatMap((item) => item.lines)
  const parcels = order.packages.flatMap((item) => item.shipments)
  const { packages, amounts, taxes, coupons, points, payment, orderer, mall_facts, links, writebacks: owed, ...rest } = order
  return {
    ...rest, orderer_name: orderer.name, destination_name: packages[0].name, destination_prefecture: packages[0].prefecture, destination_count: packages.length, item_summary: lines[0].name, line_count: lines.length,
    quantity: lines.reduce((sum, item) => sum + item.quantity, 0), total: amounts.due, payment_method: payment.method, paid_at: payment.paid_at, delivery_method: packages[0].delivery_method,
    requested_date: packages[0].requested_date, requested_slot: packages[0].requested_slot, carrier: parcels[0]?.carrier ?? null, tracking_numbers: parcels.map((item) => item.tracking_number).filter(Boolean), ship_date: parcels[0]?.ship_date ?? null, writeback_state: owed[0]?.state ?? null,
  }
}

export function page(list, query, key) {
  const start = Number(query.cursor ?? 0)
  const limit = Number(query.limit ?? 200)
  return { [key]: list.slice(start, start + limit), next_cursor: start + limit < list.length ? String(start + limit) : null }
}
