// SPDX-License-Identifier: Apache-2.0
import { makeOrder, now, orders, shops } from './sample.mjs'
import { changed, emit, state } from './state.mjs'

let next = 5000
const empty = () => ({ listed: 0, created: 0, updated: 0, unchanged: 0, skipped: {}, failed: 0 })

export function startRun(shop, door, request, session) {
  const run = { id: String(++next), shop_id: shop.id, shop: shop.name, mall: shop.mall, door, state: 'queued', from: request.from ?? null, to: request.to ?? null, date_basis: null, statuses: request.statuses ?? [], order_numbers: request.order_numbers ?? [], created_at: now(), started_at: null, finished_at: null, started_by: session?.user.name ?? null, progress: { phase: 'waiting', done: 0, total: null }, counts: empty(), error: null }
  state.runs.unshift(run)
  const here = orders.filter((order) => order.shop_id === shop.id)
  const wanted = door === 'numbers' || door === 'reread' ? request.order_numbers : here.slice(0, 24).map((order) => order.order_no)
  const items = []
  state.items.set(run.id, items)
  let at = 0
  const tell = () => emit('fetch_run.progress', run)
  const timer = setInterval(() => {
    if (run.state === 'queued') Object.assign(run, { state: 'running', started_at: now(), progress: { phase: 'listing', done: 0, total: null } })
    else if (run.progress.phase === 'listing') Object.assign(run, { progress: { phase: 'reading', done: 0, total: wanted.length }, counts: { ...run.counts, listed: wanted.length } })
    else if (at < wanted.length) {
      for (const number of wanted.slice(at, at + 4)) items.push(outcome(run, number, shop))
      at += 4
      run.progress = { phase: 'reading', done: Math.min(at, wanted.length), total: wanted.length }
    } else {
      clearInterval(timer)
      Object.assign(run, { state: run.counts.failed ? 'partial' : 'done', finished_at: now(), progress: { phase: null, done: wanted.length, total: wanted.length } })
      if (run.counts.created) changed([orders.at(-1).id], run.counts.created)
    }
    tell()
  }, 350)
  return { ...run }
}

function outcome(run, number, shop) {
  const order = orders.find((item) => item.order_no === number)
  const base = { order_no: number, order_id: order?.id ?? null, mall_status: order?.mall_status ?? null, mall_status_label: order?.mall_status_label ?? null, detail: null, at: now() }
  if (!order) {
    run.counts.failed++
    return { ...base, outcome: 'not_found', detail: 'モールにこの注文がありません。番号を確かめてください。' }
  }
  if (run.door === 'range' && run.counts.created === 0 && run.counts.unchanged > 4) {
    const fresh = makeOrder(orders.length + 1, '1')
    Object.assign(fresh, { shop_id: shop.id, shop: shop.name, mall: shop.mall })
    orders.push(fresh)
    run.counts.created++
    return { ...base, order_no: fresh.order_no, order_id: fresh.id, outcome: 'created' }
  }
  if (run.door === 'range' && run.counts.unchanged === 3 && !run.counts.skipped.skipped_status) {
    run.counts.skipped.skipped_status = 1
    return { ...base, order_id: null, outcome: 'skipped_status', mall_status_label: '発送済', detail: '「発送済」は取得ステータスに含まれていません。' }
  }
  run.counts.unchanged++
  return { ...base, outcome: 'unchanged' }
}

for (const shop of shops.slice(0, 4)) {
  const counts = { ...empty(), listed: 18, created: 3, unchanged: 15 }
  state.runs.push({ id: String(++next), shop_id: shop.id, shop: shop.name, mall: shop.mall, door: 'auto', state: shop.id === '103' ? 'failed' : 'done', from: now(), to: now(), date_basis: null, statuses: [], order_numbers: [], created_at: now(), started_at: now(), finished_at: now(), started_by: null, progress: { phase: null, done: 18, total: 18 }, counts: shop.id === '103' ? empty() : counts, error: shop.id === '103' ? { class: 'ip_denied', code: '403', text: null, detail: '接続元IPアドレス 203.0.113.7 が登録されていません。', at: now() } : null })
}
