// SPDX-License-Identifier: Apache-2.0
import { addWriteback, carriers, now, statuses, writebacks } from './sample.mjs'
import { changed, emit, isOpen, needsPerson, page, problem, record, touch } from './state.mjs'

const one = (id) => writebacks.find((item) => item.id === id) ?? (() => { throw problem(404, 'not_found', 'この記録は見つかりません。') })()
const tell = (item) => emit('writeback.changed', { ids: [item.id], order_ids: [item.order_id] })
const final = ['verified', 'superseded', 'waived']

function set(item, state, more = {}) {
  Object.assign(item, { state, updated_at: now(), reasons: [] }, more)
  tell(item)
}

function send(item) {
  set(item, 'sending', { attempts: item.attempts + 1, next_attempt_at: null })
  setTimeout(() => set(item, 'sent', { sent_at: now() }), 700)
  setTimeout(() => set(item, 'verified', { verified_at: now() }), 1600)
}

function listed(query) {
  const within = (item) => (!query.shop || item.shop_id === query.shop) && (!query.aspect || item.aspect === query.aspect) && (!query.from || item.order_updated_at.slice(0, 10) >= query.from) && (!query.to || item.order_updated_at.slice(0, 10) <= query.to)
  const state = query.state ?? 'open'
  const tab = writebacks.filter((item) => state === 'all' || (state === 'open' ? isOpen(item) : state === 'needs_person' ? needsPerson(item) : item.state === state))
  const found = tab.filter(within)
  found.sort((a, b) => Number(needsPerson(b)) - Number(needsPerson(a)) || a.created_at.localeCompare(b.created_at))
  return { tab, found }
}

function preview({ body }) {
  const chosen = body.ids ? body.ids.map(one) : listed({ ...body, state: 'open' }).found
  const kind = (item) => item.state === 'pending' ? 'will_send' : ['unknown', 'rejected', 'drift'].includes(item.state) ? 'check_first' : item.state === 'blocked' ? 'blocked' : item.state === 'suppressed' ? 'suppressed' : 'in_flight'
  const rows = chosen.filter((item) => !final.includes(item.state)).map((item) => ({ id: item.id, order_id: item.order_id, order_no: item.order_no, shop_id: item.shop_id, shop: item.shop, mall: item.mall, aspect: item.aspect, payload_summary: item.payload_summary, outcome: kind(item), irreversible: item.mall === 'amazon', reasons: item.reasons }))
  const counts = Object.fromEntries(['will_send', 'check_first', 'blocked', 'suppressed', 'in_flight'].map((name) => [name, rows.filter((row) => row.outcome === name).length]))
  return { rows, counts, hidden_by_filter: body.ids ? 0 : listed({ state: 'open' }).tab.length - chosen.length }
}

function run({ body }) {
  const refused = []
  for (const item of body.ids.map(one)) {
    if (['pending', 'unknown', 'rejected', 'drift'].includes(item.state)) send(item)
    else refused.push({ id: item.id, order_no: item.order_no, code: 'not_sendable', detail: 'いまは送信できない状態です。' })
  }
  return { status: 202, body: { queued: body.ids.length - refused.length, refused } }
}

const shipFiles = []
const fileKind = (item) => item.state === 'pending' ? 'will_send' : item.state === 'blocked' ? 'blocked' : item.state === 'suppressed' ? 'suppressed' : 'in_flight'

function filePreview({ body }) {
  const owed = writebacks.filter((item) => item.shop_id === body.shop && !final.includes(item.state) && item.aspect === 'shipment')
  const chosen = owed.filter((item) => (!body.ids || body.ids.includes(item.id)) && (!body.from || item.order_updated_at.slice(0, 10) >= body.from) && (!body.to || item.order_updated_at.slice(0, 10) <= body.to))
  const rows = chosen.map((item) => ({ id: item.id, order_id: item.order_id, order_no: item.order_no, outcome: fileKind(item), payload_summary: item.payload_summary, reasons: item.reasons, notes: [] }))
  const counts = Object.fromEntries(['will_send', 'blocked', 'suppressed', 'in_flight'].map((name) => [name, rows.filter((row) => row.outcome === name).length]))
  return { format: { id: 'mock.shipping', label: '出荷CSV' }, rows, counts, hidden_by_filter: owed.length - chosen.length }
}

function makeFile(call) {
  const made = filePreview(call)
  const going = made.rows.filter((row) => row.outcome === 'will_send')
  if (!going.length) throw problem(422, 'export.nothing', '書き出せる出荷がありません。')
  const first = one(going[0].id)
  const file = { id: String(9000 + shipFiles.length), shop_id: first.shop_id, shop: first.shop, format: '出荷CSV', file_name: `shipping_${shipFiles.length + 1}.csv`, hash: '00', size: 100, orders: going.length, verified: 0, waiting: going.length, attention: 0, created_at: now(), created_by: call.session.user.name, withdrawn_at: null, withdrawn_by: null }
  shipFiles.unshift({ file, ids: going.map((row) => row.id), text: `注文番号\r\n${going.map((row) => row.order_no).join('\r\n')}\r\n` })
  for (const row of going) set(one(row.id), 'sent', { sent_at: now() })
  return { status: 201, body: { file, ...made } }
}
const kept = (id) => shipFiles.find((item) => item.file.id === id) ?? (() => { throw problem(404, 'not_found', 'このファイルはありません。') })()

function withdrawFile({ params, session }) {
  const { file, ids } = kept(params.id)
  if (file.withdrawn_at) throw problem(409, 'ship_file.withdrawn', 'このファイルはすでに取り消されています。')
  Object.assign(file, { withdrawn_at: now(), withdrawn_by: session.user.name, waiting: 0 })
  for (const id of ids) if (one(id).state === 'sent') set(one(id), 'pending')
  return { file }
}

function sendText(response, name, text) {
  response.writeHead(200, { 'Content-Type': 'text/csv', 'Content-Disposition': `attachment; filename="${name}"` }).end(text)
  return 'streaming'
}
let failedText = ''

export function work({ find, checkVersion }) {
  function ship({ params, body, request, session }) {
    const order = find(params.id)
    checkVersion(order, request, session)
    const errors = []
    body.packages.forEach((item, p) => item.shipments.forEach((parcel, s) => {
      if (parcel.tracking_number && !/^[0-9A-Z-]{8,}$/.test(parcel.tracking_number)) errors.push({ field: `packages.${p}.shipments.${s}.tracking_number`, code: 'format', detail: '伝票番号は英数字8文字以上で入力してください。' })
    }))
    if (errors.length) throw problem(422, 'invalid', '入力を確かめてください。', { errors })
    const before = order.packages.flatMap((item) => item.shipments.map((parcel) => parcel.tracking_number)).join(', ')
    for (const item of body.packages) {
      const target = order.packages.find((other) => other.id === item.package_id)
      target.shipments = item.shipments.map((parcel, at) => ({ id: parcel.id ?? `${target.id}${Date.now()}${at}`, carrier: parcel.carrier, carrier_name: carriers.find((carrier) => carrier.code === parcel.carrier)?.name ?? null, tracking_number: parcel.tracking_number, tracking_url: null, ship_date: parcel.ship_date, mall_ref: null, source: 'local' }))
      if (target.shipments.some((parcel) => parcel.tracking_number)) target.shipment_state = body.move ? 'shipped' : 'labelled'
    }
    order.shipment_state = order.packages[0].shipment_state
    const after = order.packages.flatMap((item) => item.shipments.map((parcel) => parcel.tracking_number)).join(', ')
    if (body.move) {
      const missing = order.packages.some((item) => !item.shipments.length || item.shipments.some((parcel) => !parcel.tracking_number || !parcel.ship_date))
      order.work_status = statuses.find((status) => status.role === (order.payment_state === 'due_after_ship' ? 'shipped' : 'done')).id
      const owed = addWriteback(order, missing ? 'blocked' : 'pending')
      if (!missing) setTimeout(() => send(owed), 2500)
      tell(owed)
    }
    touch(order)
    record(order, 'shipped', body.move ? '出荷しました' : '出荷情報を入力しました', session, [{ field: 'tracking_number', label: 'お荷物伝票番号', before: before || null, after: after || null }])
    changed([order.id])
    return { order, undo: null }
  }
  function cancel({ params, body, request, session }) {
    const order = find(params.id)
    checkVersion(order, request, session)
    Object.assign(order, { order_state: 'cancelled', work_status: statuses.find((status) => status.role === 'cancelled').id, can_accept: false, can_cancel_at_mall: false })
    touch(order)
    record(order, 'cancelled', `キャンセルにしました: ${body.reason}`, session)
    changed([order.id])
    return { status: 202, body: { order, undo: null } }
  }
  function accept({ params, request, session }) {
    const order = find(params.id)
    checkVersion(order, request, session)
    Object.assign(order, { can_accept: false, order_state: 'mall_processing' })
    const owed = addWriteback(order, 'pending')
    Object.assign(owed, { aspect: 'accept', payload_summary: '注文確認' })
    setTimeout(() => send(owed), 1500)
    touch(order)
    record(order, 'accepted', '注文確認を送信待ちにしました', session)
    changed([order.id])
    return { status: 202, body: { order, undo: null } }
  }
  return [
    ['POST', '/orders/{id}/ship', 'staff', ship],
    ['POST', '/orders/{id}/cancel', 'staff', cancel],
    ['POST', '/orders/{id}/accept', 'staff', accept],
    ['GET', '/writebacks', 'viewer', ({ query }) => {
      const { tab, found } = listed(query)
      const counts = { open: writebacks.filter(isOpen).length, needs_person: writebacks.filter(needsPerson).length }
      for (const item of writebacks) counts[item.state] = (counts[item.state] ?? 0) + 1
      return { ...page(found, query, 'writebacks'), hidden_by_filter: tab.length - found.length, counts }
    }],
    ['POST', '/writebacks/preview', 'staff', preview],
    ['POST', '/writebacks/run', 'staff', run],
    ['GET', '/writebacks/{id}', 'viewer', ({ params }) => {
      const item = one(params.id)
      const [carrier, number, date] = item.payload_summary.split(' / ')
      return { ...item, payload: [{ label: '配送業者', value: carrier ?? '' }, { label: 'お荷物伝票番号', value: number ?? '' }, { label: '出荷日', value: date ?? '' }], attempt_list: item.attempts ? [{ id: 'a1', at: now(), kind: 'send', outcome: item.state === 'rejected' ? 'refused' : item.state === 'unknown' ? 'unknown' : 'ok', call: 'updateOrderShipping', duration_ms: 412, http_status: 200, error: null }] : [] }
    }],
    ['POST', '/writebacks/{id}/waive', 'staff', ({ params, body, session }) => { const item = one(params.id); set(item, 'waived', { waived_by: session.user.name, waived_reason: body.reason }); return item }],
    ['POST', '/writebacks/{id}/retry', 'staff', ({ params }) => { const item = one(params.id); if (item.state === 'blocked') throw problem(409, 'not_retryable', '不足している内容を入力してください。'); send(item); return { status: 202, body: item } }],
    ['GET', '/ship-files', 'viewer', ({ query }) => ({ files: shipFiles.map((item) => item.file).filter((file) => !query.shop || file.shop_id === query.shop), next_cursor: null })],
    ['POST', '/ship-files/preview', 'staff', filePreview],
    ['POST', '/ship-files', 'staff', makeFile],
    ['GET', '/ship-files/{id}', 'viewer', ({ params }) => ({ file: kept(params.id).file })],
    ['GET', '/ship-files/{id}/content', 'staff', ({ params, response }) => sendText(response, kept(params.id).file.file_name, kept(params.id).text)],
    ['POST', '/ship-files/{id}/withdraw', 'staff', withdrawFile],
    ['GET', '/fetch-runs/{id}/failed-rows', 'staff', ({ response }) => sendText(response, 'failed.csv', failedText)],
    ['POST', '/imports', 'staff', ({ query, body }) => {
      const lines = String(body).split(/\r?\n/).filter(Boolean)
      const rows = lines.slice(1).map((line, at) => ({ row: at + 2, order_no: line.split(',')[0] || null, order_id: null, outcome: line.split(',')[0] ? 'created' : 'failed_parse', field: null, detail: line.split(',')[0] ? null : '受注番号がありません。' }))
      failedText = [lines[0], ...lines.slice(1).filter((line) => !line.split(',')[0])].join('\r\n')
      const real = query.mode === 'import' && rows.some((item) => !item.order_no)
      return { fetch_run_id: real ? '7001' : null, failed_files: real ? ['orders'] : [], mode: query.mode ?? 'dry-run', format: 'CSV', encoding: 'UTF-8', rows_total: rows.length, orders_total: rows.length, created: rows.filter((item) => item.order_no).length, updated: 0, unchanged: 0, failed: rows.filter((item) => !item.order_no).length, rows }
    }],
  ]
}
