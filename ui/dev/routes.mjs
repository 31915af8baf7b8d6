// SPDX-License-Identifier: Apache-2.0
import { malls, shops, carriers, credentials, gaps, listings, now, orders, statuses } from './sample.mjs'
import { work } from './work.mjs'
import { counts, inTab, matches, page, password, problem, record, row, state, touch, changed, users } from './state.mjs'
import { startRun } from './runs.mjs'

const find = (id) => orders.find((order) => order.id === id) ?? (() => { throw problem(404, 'not_found', 'この注文は見つかりません。') })()
const shopOf = (id) => shops.find((shop) => shop.id === id) ?? (() => { throw problem(404, 'not_found', 'この店舗は見つかりません。') })()

function checkVersion(order, request, session) {
  const match = request.headers['if-match']
  if (!match) throw problem(428, 'precondition_required', 'If-Match がありません。')
  if (match !== `"${order.version}"`) throw problem(412, 'conflict', `${session.user.name}さんが ${new Date(order.updated_at).toLocaleTimeString('ja-JP')} に更新しています。`, { current: order })
}

const login = ({ body }) => {
  const slow = state.failures.get(body.login) ?? 0
  if (slow >= 8) throw problem(429, 'login_slowed', 'しばらくしてからお試しください。', { retry_after: 30 })
  const user = users.find((item) => item.login === body.login)
  if (!user || body.password !== password) {
    state.failures.set(body.login, slow + 1)
    throw problem(401, 'login_failed', body.language === 'en' ? 'Login or password is wrong.' : 'ログインIDまたはパスワードが違います。')
  }
  state.failures.delete(body.login)
  const id = Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2)
  const session = { user, org: { id: '1', name: '吉祥商店', time_zone: 'Asia/Tokyo' }, csrf_token: `c${id}`, expires_at: new Date(Date.now() + 43_200_000).toISOString(), build: 'mock' }
  state.sessions.set(id, session)
  return { status: 200, body: session, headers: { 'Set-Cookie': `juchu_session=${id}; HttpOnly; SameSite=Lax; Path=/` } }
}

function list({ query }) {
  const tab = orders.filter((order) => inTab(order, query.status))
  const found = tab.filter((order) => matches(order, query))
  const role = statuses.find((status) => status.id === query.status)?.role
  const oldest = query.sort ? query.sort === 'ordered_at' : ['entry', 'hold', 'wait_payment', 'ready', 'work'].includes(role)
  found.sort((a, b) => (oldest ? 1 : -1) * a.ordered_at.localeCompare(b.ordered_at))
  const numbers = (query.q ?? '').split(/[,\t\n]+/).map((text) => text.trim()).filter(Boolean)
  const missing = numbers.length > 1 ? numbers.filter((number) => !orders.some((order) => order.order_no === number)) : []
  return { ...page(found.map(row), query, 'orders'), hidden_by_filter: tab.length - found.length, total: found.length, ...(missing.length && { missing }) }
}

function bulk({ body, session }) {
  const target = statuses.find((status) => status.id === body.work_status)
  const chosen = body.ids ? body.ids.map(find) : orders.filter((order) => inTab(order, body.query.status) && matches(order, body.query))
  if (body.query && chosen.length !== body.expected_count) throw problem(409, 'count_changed', `対象は ${chosen.length}件に変わりました。`, { current_count: chosen.length })
  const refused = chosen.filter((order) => order.order_state === 'cancelled' && target.role !== 'cancelled').map((order) => ({ id: order.id, order_no: order.order_no, code: 'cancelled', detail: 'キャンセル済みの注文は移動できません。' }))
  const moved = chosen.filter((order) => !refused.some((item) => item.id === order.id) && order.work_status !== target.id)
  const missing = moved.filter((order) => ['shipped', 'done'].includes(target.role) && !order.packages[0].shipments[0]?.tracking_number).length
  const consequences = missing ? [{ code: 'missing', count: missing, detail: `${missing}件は伝票番号がないため反映されません。` }] : []
  const result = { action: 'move', dry_run: body.dry_run === true, matched: chosen.length, done: moved.length, unchanged: chosen.length - moved.length - refused.length, refused, consequences, undo: null }
  if (body.dry_run) return result
  const before = moved.map((order) => [order, order.work_status])
  for (const order of moved) {
    const from = statuses.find((status) => status.id === order.work_status).name
    order.work_status = target.id
    touch(order)
    record(order, 'moved', `「${target.name}」へ移動しました`, session, [{ field: 'work_status', label: 'ステータス', before: from, after: target.name }])
  }
  if (moved.length) {
    const token = Math.random().toString(36).slice(2)
    state.undo.set(token, before)
    result.undo = { token, expires_at: new Date(Date.now() + 600_000).toISOString() }
    changed(moved.map((order) => order.id), 0, session)
  }
  return result
}

function undo({ params, session }) {
  const before = state.undo.get(params.token)
  if (!before) throw problem(410, 'undo_expired', 'この操作はもう元に戻せません。')
  state.undo.delete(params.token)
  for (const [order, status] of before) {
    order.work_status = status
    touch(order)
    record(order, 'undone', '元に戻しました', session)
  }
  changed(before.map(([order]) => order.id), 0, session)
  return { restored: before.length, refused: [] }
}

function patch({ params, body, request, session }) {
  const order = find(params.id)
  checkVersion(order, request, session)
  if (body.memo !== undefined) {
    record(order, 'memo', 'メモを変更しました', session, [{ field: 'memo', label: 'ひとことメモ', before: order.memo || null, after: body.memo || null }])
    order.memo = body.memo
  }
  if (body.work_status) order.work_status = body.work_status
  touch(order)
  changed([order.id], 0, session)
  return { order, undo: null }
}

function health() {
  const rank = { down: 0, warn: 1, ok: 2, unknown: 3, off: 4 }
  return {
    shops: shops.map((shop) => {
      const gap = gaps.filter((item) => item.shop_id === shop.id)
      const keys = credentials.filter((item) => item.shop_id === shop.id)
      const denied = shop.id === '103'
      const soon = keys.some((item) => item.days_left !== null && item.days_left <= 14)
      const state_ = !shop.enabled ? 'off' : denied ? 'down' : soon ? 'warn' : 'ok'
      const owed = orders.filter((order) => order.shop_id === shop.id).flatMap((order) => order.writebacks)
      return {
        shop_id: shop.id, shop: shop.name, mall: shop.mall, enabled: shop.enabled, health: state_, reasons: denied ? [{ code: 'ip_denied', detail: gaps[0].cause.detail }] : soon && shop.enabled ? [{ code: 'credential_ends', detail: `${keys[0].label}はあと${keys[0].days_left}日で切れます。` }] : [],
        last_success_at: new Date(Date.now() - (denied ? 80 : 4) * 60_000).toISOString(), last_run: state.runs.find((run) => run.shop_id === shop.id) ?? null, next_run_at: shop.enabled ? new Date(Date.now() + 120_000).toISOString() : null, interval_minutes: 5,
        today: orders.filter((order) => order.shop_id === shop.id && order.work_status === '1').length, not_taken: listings.filter((item) => item.shop_id === shop.id).length, gap_minutes: gap.reduce((sum, item) => sum + item.minutes, 0), gap_deadline: gap[0]?.deadline ?? null,
        owed: owed.filter((item) => !['verified', 'suppressed', 'superseded', 'waived'].includes(item.state)).length, owed_needs_person: owed.filter((item) => ['blocked', 'rejected', 'drift'].includes(item.state)).length,
        last_error: denied ? { class: 'ip_denied', code: '403', text: 'Forbidden', detail: gaps[0].cause.detail, at: now() } : null, credentials: keys,
      }
    }).sort((a, b) => rank[a.health] - rank[b.health]),
  }
}

// The sample data knows no effects of settings.
const noEffect = { days: 30, count: 0, capped: false, items: [] }

const schema = ({ params }) => ({
  mall: params.mall,
  settings: [
    { name: 'interval_minutes', kind: 'integer', label: '自動取得の間隔(分)', required: true, default: 5, minimum: 1, maximum: 1440 },
    { name: 'fetch_statuses', kind: 'multi_choice', label: '取得ステータス', help: 'ここにない状態の注文は「取得外の注文」に数えられます。', required: true, choices: malls.find((mall) => mall.mall === params.mall)?.statuses ?? [] },
  ],
  credentials: credentials.filter((item) => shops.find((shop) => shop.id === item.shop_id)?.mall === params.mall).map((item) => ({ kind: item.kind, label: item.label, required: true, where: 'モールの管理画面で発行したものを貼り付けてください。', multiline: item.kind === 'public_key' })),
})

export const routes = [
  ['POST', '/session', 'public', login],
  ['GET', '/session', 'viewer', ({ session }) => session],
  ['DELETE', '/session', 'viewer', ({ session }) => { for (const [id, item] of state.sessions) if (item === session) state.sessions.delete(id); return { status: 204 } }],
  ['GET', '/version', 'public', () => ({ version: '0.1.0', build: 'mock' })],
  ['GET', '/me/preferences', 'viewer', ({ session }) => state.preferences.get(session.user.id) ?? {}],
  ['PUT', '/me/preferences', 'viewer', ({ session, body }) => { state.preferences.set(session.user.id, body); return body }],
  ['POST', '/me/password', 'viewer', ({ body }) => { if (body.current_password !== password) throw problem(422, 'password_wrong', '現在のパスワードが違います。', { errors: [{ field: 'current_password', code: 'password_wrong', detail: '現在のパスワードが違います。' }] }); return { status: 204 } }],
  ['GET', '/orders', 'viewer', list],
  ['GET', '/orders/counts', 'viewer', ({ query }) => counts(query.shop)],
  ['POST', '/orders/bulk', 'staff', bulk],
  ['POST', '/undo/{token}', 'staff', undo],
  ['GET', '/orders/{id}', 'viewer', ({ params }) => { const order = find(params.id); return { status: 200, body: order, headers: { ETag: `"${order.version}"` } } }],
  ['PATCH', '/orders/{id}', 'staff', patch],
  ['GET', '/orders/{id}/events', 'viewer', ({ params, query }) => page(record(find(params.id)), query, 'events')],
  ['GET', '/orders/{id}/raw', 'viewer', ({ params }) => ({ documents: [{ id: '1', kind: 'getOrder', content_type: 'application/json', fetched_at: now(), expires_at: null, size: 420, body: JSON.stringify({ orderNumber: find(params.id).order_no, orderProgress: find(params.id).mall_status }) }] })],
  ['POST', '/orders/{id}/reread', 'staff', ({ params, session }) => { const order = find(params.id); return { status: 202, body: { fetch_run: startRun(shopOf(order.shop_id), 'reread', { order_numbers: [order.order_no] }, session) } } }],
  ['GET', '/carriers', 'viewer', () => ({ carriers })],
  ['GET', '/malls', 'viewer', () => ({ malls })],
  ['GET', '/malls/{mall}/settings-schema', 'viewer', schema],
  ['GET', '/shops', 'viewer', () => ({ shops })],
  ['POST', '/shops', 'manager', ({ body }) => { const shop = { id: String(101 + shops.length), name: body.name, mall: body.mall, enabled: false, connected_at: null, settings: body.settings ?? {} }; shops.push(shop); return { status: 201, body: shop } }],
  ['GET', '/shops/health', 'viewer', health],
  ['GET', '/shops/{id}', 'viewer', ({ params }) => shopOf(params.id)],
  ['PATCH', '/shops/{id}', 'manager', ({ params, body, session }) => { const shop = shopOf(params.id); Object.assign(shop, { ...body, settings: { ...shop.settings, ...body.settings } }); if (body.enabled === false) Object.assign(shop, { disabled_by: session.user.name, disabled_at: now() }); return shop }],
  ['POST', '/shops/{id}/test', 'staff', ({ params }) => ({ ok: params.id !== '103', outgoing_addresses: ['203.0.113.7'], results: [{ call: 'search', label: '注文の検索', outcome: params.id === '103' ? 'refused' : 'ok', detail: params.id === '103' ? gaps[0].cause.detail : null, duration_ms: 210 }, { call: 'ship', label: '発送報告', outcome: 'not_tested', detail: '書き込みはテストしません。', duration_ms: null }] })],
  ['POST', '/shops/{id}/fetch', 'staff', ({ params, body, session }) => ({ status: 202, body: { fetch_run: startRun(shopOf(params.id), body.order_numbers ? 'numbers' : body.statuses ? 'status' : body.from ? 'range' : 'auto', body, session) } })],
  ['GET', '/shops/{id}/gaps', 'viewer', ({ params }) => ({ gaps: gaps.filter((gap) => gap.shop_id === params.id) })],
  ['PUT', '/shops/{id}/credentials/{kind}', 'manager', ({ params }) => { const item = credentials.find((key) => key.shop_id === params.id && key.kind === params.kind); return Object.assign(item ?? {}, { present: true, days_left: 90 }) }],
  ['GET', '/credentials', 'viewer', () => ({ credentials })],
  ['GET', '/fetch-runs', 'viewer', ({ query }) => { const found = state.runs.filter((run) => (!query.shop || run.shop_id === query.shop) && (!query.changed || run.counts.created + run.counts.updated + run.counts.failed > 0)); return { ...page(found, query, 'fetch_runs'), hidden_by_filter: state.runs.length - found.length } }],
  ['GET', '/fetch-runs/{id}', 'viewer', ({ params }) => state.runs.find((run) => run.id === params.id) ?? (() => { throw problem(404, 'not_found', 'この実行は見つかりません。') })()],
  ['GET', '/fetch-runs/{id}/items', 'viewer', ({ params, query }) => page((state.items.get(params.id) ?? []).filter((item) => !query.outcome || item.outcome === query.outcome), query, 'items')],
  ['GET', '/listings', 'viewer', ({ query }) => { const found = listings.filter((item) => !query.shop || item.shop_id === query.shop); return { ...page(found, query, 'listings'), hidden_by_filter: orders.length } }],
  ['GET', '/work-statuses', 'viewer', () => ({ work_statuses: statuses })],
  ['GET', '/status-links', 'viewer', () => ({ status_links: malls.flatMap((mall) => statuses.map((status) => ({ mall: mall.mall, work_status: status.id, enabled: !['entry', 'cancelled'].includes(status.role), enabled_by_default: !['entry', 'cancelled'].includes(status.role), target: null, target_label: null, own: false, waiting: 0 }))) })],
  ['POST', '/status-links/what-if', 'manager', () => noEffect],
  ['GET', '/mappings', 'viewer', () => ({ mappings: [], unmapped: [], choices: [] })],
  ['POST', '/mappings/what-if', 'manager', () => noEffect],
  ['GET', '/outgoing-addresses', 'viewer', () => ({ addresses: [{ address: '52.1.2.3', known_by: 'setting' }] })],
  ['POST', '/shops/{id}/what-if', 'manager', () => ({ what_if: noEffect, status_counts: [] })],
  ['GET', '/events', 'viewer', ({ request, response }) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    response.write(': hello\n\n')
    state.streams.add(response)
    const beat = setInterval(() => response.write(': beat\n\n'), 15_000)
    request.on('close', () => { clearInterval(beat); state.streams.delete(response) })
    return 'streaming'
  }],
  ...work({ find, checkVersion }),
]
