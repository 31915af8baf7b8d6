// SPDX-License-Identifier: Apache-2.0
// Invented people, shops and items for developing the screens without the server.

let seed = 20261123
const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648
const pick = (list) => list[Math.floor(random() * list.length)]
const minutes = (n) => new Date(Date.now() - n * 60_000).toISOString().replace(/\.\d+Z/, 'Z')
export const now = () => minutes(0)
export const dayOf = (iso) => new Date(new Date(iso).getTime() + 9 * 3_600_000).toISOString().slice(0, 10)

export const statuses = [
  ['1', '新規受付', 'blue', 'entry'], ['2', '確認待ち', 'yellow', 'hold'], ['3', '発送前入金待ち', 'orange', 'wait_payment'], ['4', '発送待ち', 'teal', 'ready'],
  ['5', '出荷作業中', 'cyan', 'work'], ['6', '発送後入金待ち', 'grape', 'shipped'], ['7', '処理済', 'gray', 'done'], ['8', '保留', 'pink', 'hold'], ['9', 'キャンセル', 'red', 'cancelled'],
].map(([id, name, colour, role], position) => ({ id, name, colour, role, position }))

const mallStatuses = {
  rakuten: [['100', '注文確認待ち'], ['200', '楽天処理中'], ['300', '発送待ち'], ['500', '発送済'], ['600', '支払手続き中'], ['700', '支払手続き済'], ['900', 'キャンセル確定']],
  yahoo: [['2/0/1', '処理中'], ['3', '保留'], ['5', '完了'], ['4', 'キャンセル']],
  aupay: [['新規受付', '新規受付'], ['発送前入金待ち', '発送前入金待ち'], ['発送待ち', '発送待ち'], ['完了', '完了'], ['キャンセル', 'キャンセル']],
  amazon: [['Unshipped', '未出荷'], ['PartiallyShipped', '一部出荷済み'], ['Shipped', '出荷済み'], ['Canceled', 'キャンセル']],
  qoo10: [['2', '新規受付'], ['3', '発送予定日'], ['4', '配送中'], ['5', '配送完了']],
  makeshop: [['1', '未処理'], ['3', '配送完了'], ['0', 'キャンセル']],
}
const mallNames = { rakuten: '楽天市場', yahoo: 'Yahoo!ショッピング', aupay: 'au PAY マーケット', amazon: 'Amazon.co.jp', qoo10: 'Qoo10', makeshop: 'MakeShop' }
export const malls = Object.entries(mallNames).map(([mall, name]) => ({
  mall, name, statuses: mallStatuses[mall].map(([code, label]) => ({ code, label })), doors: ['auto', 'range', 'status', 'numbers', 'file'],
  order_files: [{ id: `${mall}.orders`, label: `${name} 受注CSV`, second: mall === 'yahoo' ? '商品データ(CSV)' : null }],
  ship_files: ['rakuten', 'yahoo'].includes(mall) ? [{ id: `${mall}.shipping`, label: `${name} 出荷CSV` }] : [],
  reach_back_days: mall === 'rakuten' ? 730 : 180, max_window_days: 63, can_accept: mall === 'rakuten', can_cancel: true,
  cancel_reasons: [{ code: '8', label: 'お客様都合' }, { code: '11', label: '在庫切れ' }],
}))

export const shops = [['101', '楽天 本店', 'rakuten'], ['102', 'Yahoo! 本店', 'yahoo'], ['103', 'au PAY 本店', 'aupay'], ['104', 'Amazon JP', 'amazon'], ['105', 'Qoo10 店', 'qoo10'], ['106', '自社 MakeShop', 'makeshop']]
  .map(([id, name, mall]) => ({ id, name, mall, enabled: id !== '105', connected_at: minutes(60 * 24 * 200), settings: { interval_minutes: 5, fetch_statuses: mallStatuses[mall].slice(0, 3).map(([code]) => code) }, ...(id === '105' && { disabled_by: '鈴木 健', disabled_at: minutes(60 * 24 * 2), disabled_reason: 'キャンペーンの準備中' }) }))

export const carriers = [['yamato', 'ヤマト運輸'], ['sagawa', '佐川急便'], ['japan_post', '日本郵便'], ['seino', '西濃運輸'], ['fukuyama', '福山通運'], ['other', 'その他']].map(([code, name]) => ({ code, name }))

const families = [['髙橋', 'タカハシ'], ['佐藤', 'サトウ'], ['鈴木', 'スズキ'], ['渡邊', 'ワタナベ'], ['伊藤', 'イトウ'], ['山本', 'ヤマモト'], ['中村', 'ナカムラ'], ['小林', 'コバヤシ'], ['加藤', 'カトウ'], ['﨑山', 'サキヤマ'], ['林', 'ハヤシ'], ['東海林', 'ショウジ']]
const givens = [['美咲', 'ミサキ'], ['陽子', 'ヨウコ'], ['健太', 'ケンタ'], ['翔', 'ショウ'], ['彩', 'アヤ'], ['大輔', 'ダイスケ'], ['由美子', 'ユミコ'], ['蓮', 'レン'], ['さくら', 'サクラ'], ['一郎', 'イチロウ']]
const places = [['1070062', '東京都', '港区', '南青山2-11-13'], ['5300001', '大阪府', '大阪市北区', '梅田3丁目1-3'], ['9071751', '沖縄県', '八重山郡与那国町', '字与那国129'], ['0600042', '北海道', '札幌市中央区', '大通西7丁目'], ['6048171', '京都府', '京都市中京区', '烏丸通御池下る虎屋町566-1'], ['2200012', '神奈川県', '横浜市西区', 'みなとみらい2-3-5'], ['8120011', '福岡県', '福岡市博多区', '博多駅前3-25-21']]
const items = [
  ['HJ-100', '有機ほうじ茶 ティーバッグ 50包 京都宇治', 1280, 8], ['TT-22', '今治タオル バスタオル 2枚組 ギフト箱入り', 4980, 10], ['YK-7', '能登の塩ようかん 10本入', 2160, 8], ['KN-31', '南部鉄器 急須 0.6L 黒', 8800, 10],
  ['RC-5', '魚沼産コシヒカリ 5kg 令和8年産', 3980, 8], ['BG-88', '帆布トートバッグ M', 6600, 10], ['MS-3', '西京味噌漬け 銀だら・鮭 6切', 5400, 8], ['SO-12', '国産大豆の木桶醤油 720ml', 1620, 8],
]

function person() {
  const [family, familyKana] = pick(families)
  const [given, givenKana] = pick(givens)
  const [zip, prefecture, city, address1] = pick(places)
  return { name: `${family} ${given}`, kana: `${familyKana} ${givenKana}`, zip, prefecture, city, address1, address2: random() < 0.4 ? `グランメゾン${1 + Math.floor(random() * 30)}0${1 + Math.floor(random() * 9)}号室` : null, phone: `090${String(Math.floor(random() * 1e8)).padStart(8, '0')}` }
}

function orderNumber(mall, n) {
  const serial = String(n).padStart(10, '0')
  switch (mall) {
    case 'rakuten': return `330248-20261123-${serial}`
    case 'yahoo': return `kissho-${10000000 + n}`
    case 'amazon': return `250-${String(1000000 + n * 37).slice(0, 7)}-${String(4000000 + n * 91).slice(0, 7)}`
    case 'aupay': return String(520000000 + n)
    case 'qoo10': return String(890000000 + n)
    default: return `M${serial}`
  }
}

export function trackingNumber() {
  const body = String(Math.floor(1e10 + random() * 8e10)).padStart(11, '0').slice(0, 11)
  return body + String(Number(BigInt(body) % 7n))
}

function line(id) {
  const [item_code, name, unit_price, tax_rate] = pick(items)
  const quantity = random() < 0.75 ? 1 : 2 + Math.floor(random() * 4)
  return { id, mall_line_id: String(70000 + Number(id.split('.')[0])), item_code, sku: random() < 0.4 ? `${item_code}-R` : null, name, options: random() < 0.4 ? [{ name: '色', value: pick(['赤', '生成り', '紺']) }] : [], unit_price, quantity, subtotal: unit_price * quantity, tax_rate, tax_included: true, discount: 0 }
}

const plans = ['1', '1', '1', '2', '3', '4', '4', '4', '5', '5', '6', '7', '7', '7', '7', '7', '8', '9']

export function makeOrder(n, forced) {
  const shop = pick(shops)
  const status = forced ?? pick(plans)
  const role = statuses.find((item) => item.id === status).role
  const shipped = ['shipped', 'done'].includes(role)
  const age = status === '1' ? 5 + random() * 900 : 60 + random() * 60 * 24 * 20
  const orderer = { ...person(), mail: `buyer${n}@example.jp` }
  const several = random() < 0.08 ? 2 : 1
  const id = String(7000000 + n)
  const packages = Array.from({ length: several }, (_, at) => {
    const other = several > 1 || random() < 0.2
    const to = other ? person() : orderer
    const lines = Array.from({ length: random() < 0.7 ? 1 : 2 }, (_, index) => line(`${id}.${at}.${index}`))
    const gift = random() < 0.12
    return {
      id: `${id}${at + 1}`, mall_ref: String(10000 + n + at), shipment_state: role === 'cancelled' ? 'void' : shipped ? 'shipped' : role === 'ready' || role === 'work' ? 'ready' : 'waiting',
      name: to.name, kana: to.kana, zip: to.zip, prefecture: to.prefecture, city: to.city, address1: to.address1, address2: to.address2, company: null, phone: to.phone, sender: null,
      recipient_is_orderer: !other, remote_island: to.zip === '9071751', requested_date: random() < 0.3 ? dayOf(minutes(-60 * 24 * 3)) : null, requested_slot: random() < 0.3 ? pick(['午前中', '14-16時', '18-20時']) : null, requested_slot_mall: null,
      delivery_method: '宅配便', carrier: pick(['yamato', 'sagawa']), planned_ship_date: null, gift: gift ? 'ギフト包装希望' : null, noshi: gift ? '内祝 / 名入れ「髙橋」' : null, wrapping: gift ? '包装紙(和柄)' : null, message: null,
      temperature: null, goods: lines.reduce((sum, item) => sum + item.subtotal, 0), shipping_fee: 770, lines,
      shipments: shipped ? [{ id: `${id}${at + 1}9`, carrier: 'yamato', carrier_name: 'ヤマト運輸', tracking_number: trackingNumber(), tracking_url: null, ship_date: dayOf(minutes(age / 2)), mall_ref: '81', source: 'local' }] : [],
    }
  })
  const goods = packages.reduce((sum, item) => sum + item.goods, 0)
  const shipping = 770 * several
  const points = random() < 0.2 ? 300 : 0
  const coupon = random() < 0.15 ? 500 : 0
  const total = goods + shipping
  const open = random() < 0.02
  const eight = packages.flatMap((item) => item.lines).filter((item) => item.tax_rate === 8).reduce((sum, item) => sum + item.subtotal, 0)
  const ten = total - eight
  const wait = role === 'wait_payment'
  const [code, label] = mallStatuses[shop.mall][role === 'entry' ? 0 : role === 'cancelled' ? mallStatuses[shop.mall].length - 1 : shipped ? Math.min(3, mallStatuses[shop.mall].length - 2) : Math.min(2, mallStatuses[shop.mall].length - 2)]
  const note = random() < 0.18 ? pick(['平日の午前中に届けてください。', '箱がへこまないようにお願いします。', '領収書の宛名は「株式会社さくら商事」でお願いします。']) : null
  const marks = [...(note ? ['comment'] : []), ...(packages[0].noshi ? ['noshi'] : []), ...(packages[0].remote_island ? ['remote_island'] : []), ...(several > 1 ? ['several_destinations'] : []), ...(open ? ['amount_undetermined'] : []), ...(packages[0].requested_date ? ['date_requested'] : []), ...(role === 'hold' && random() < 0.5 ? ['fraud_review'] : [])]
  return {
    id, version: 3, order_no: orderNumber(shop.mall, n), shop_id: shop.id, shop: shop.name, mall: shop.mall, mall_url: null, ordered_at: minutes(age), work_status: status,
    order_state: role === 'entry' ? 'new' : role === 'cancelled' ? 'cancelled' : role === 'done' ? 'done' : 'accepted', payment_state: wait ? 'unpaid_before_ship' : role === 'cancelled' ? 'none' : role === 'done' ? 'paid' : role === 'shipped' ? 'due_after_ship' : 'authorized',
    shipment_state: packages[0].shipment_state, hold: false, mall_status: code, mall_status_label: label,
    mall_facts: shop.mall === 'rakuten' ? [{ name: 'orderProgress', label: 'ステータス', value: code, value_label: label }, { name: 'subStatusId', label: 'サブステータス', value: '-', value_label: null }] : [{ name: 'status', label: 'ステータス', value: code, value_label: label }],
    orderer, packages, amounts: { goods, shipping: open ? null : shipping, cod_fee: 0, payment_fee: 0, wrapping: 0, other_fee: 0, coupon_shop: coupon, coupon_mall: 0, points, discount: 0, adjustment: 0, total: open ? null : total, due: open ? null : total - points - coupon },
    taxes: [...(ten ? [{ rate: 10, taxable: ten, tax: Math.floor((ten * 10) / 110) }] : []), ...(eight ? [{ rate: 8, taxable: eight, tax: Math.floor((eight * 8) / 108) }] : [])],
    coupons: coupon ? [{ name: 'お買い物マラソン 500円OFF', code: 'MRT5', issuer: 'shop', amount: coupon }] : [], points: { used: points, granted: Math.floor(goods / 100) },
    payment: { method: wait ? '銀行振込' : role === 'shipped' ? '代金引換' : 'クレジットカード', note: null, class: wait ? 'before' : 'authorization', due_date: wait ? dayOf(minutes(-60 * 24 * 4)) : null, paid_at: role === 'done' ? minutes(age / 3) : null, events: wait ? [] : [{ id: `${id}p`, at: minutes(age - 2), kind: role === 'done' ? 'paid' : 'authorized', amount: total - points - coupon, source: 'mall' }] },
    links: [], marks, memo: random() < 0.1 ? pick(['在庫確認中(倉庫B)', '電話済み。折返し待ち', '同梱希望あり']) : '', buyer_note: note, mall_memo: null, device: 'sp', ship_by: null, can_accept: shop.mall === 'rakuten' && role === 'entry', can_cancel_at_mall: !shipped && role !== 'cancelled',
    writebacks: [], fetched_at: minutes(3), updated_at: minutes(age / 2), mall_updated_at: minutes(age / 2), written_at: null,
  }
}

export const orders = Array.from({ length: 640 }, (_, n) => makeOrder(n + 1, n < 128 ? '1' : undefined))

const reason = {
  blocked: [['tracking_number_missing', 'お荷物伝票番号が入力されていません。'], ['ship_date_missing', '出荷日が入力されていません。']],
  suppressed: [['status_not_linked', 'ステータス「確認待ち」は紐付け設定で有効になっていません。']],
  rejected: [['rejected', 'モールが受け付けませんでした:「発送日が不正です」(ORDER_EXT_API_UPDATE_ORDERSHIPPING_ERROR_009)']],
  unknown: [['ambiguous', '応答がありませんでした。モールの状態を確認してから再送します。']],
}
export const writebacks = []
export function addWriteback(order, state) {
  const parcel = order.packages[0].shipments[0]
  const item = {
    id: String(9000000 + writebacks.length), order_id: order.id, order_no: order.order_no, shop_id: order.shop_id, shop: order.shop, mall: order.mall, work_status: order.work_status, aspect: 'shipment', state,
    reasons: (reason[state] ?? []).map(([code, detail]) => ({ code, detail, action: null })), payload_summary: [parcel?.carrier_name ?? 'ヤマト運輸', parcel?.tracking_number ?? '—', parcel?.ship_date ?? '—'].join(' / '), mall_shows: null,
    attempts: ['pending', 'blocked', 'suppressed'].includes(state) ? 0 : 1, next_attempt_at: state === 'pending' ? minutes(-3) : null, created_at: minutes(20 + random() * 3000), updated_at: minutes(10), order_updated_at: order.updated_at,
    sent_at: ['verified', 'sent'].includes(state) ? minutes(30) : null, verified_at: state === 'verified' ? minutes(20) : null, waived_by: null, waived_reason: null,
  }
  writebacks.push(item)
  order.writebacks = [item]
  return item
}
for (const [at, order] of orders.filter((item) => ['6', '7'].includes(item.work_status)).entries()) addWriteback(order, ['pending', 'blocked', 'unknown', 'rejected', 'sent', 'suppressed', 'pending'][at] ?? (at < 14 ? 'pending' : 'verified'))

const key = (shop, kind, label, days, known = 'typed') => ({ shop_id: shop, shop: shops.find((item) => item.id === shop).name, kind, label, present: true, version: 1, granted_at: minutes(60 * 24 * 84), expires_at: days === null ? null : minutes(-60 * 24 * days), expiry_known: days === null ? 'none' : known, days_left: days, last_ok_at: minutes(4), last_error: null })
export const credentials = [key('101', 'license_key', 'ライセンスキー', 6), key('102', 'oauth', '認可', 19, 'api'), key('102', 'public_key', '公開鍵', 203), key('103', 'api_key', 'APIキー', 61, 'estimated'), key('104', 'refresh_token', '認可', 240), key('105', 'api_key', 'キー', 12), key('106', 'token', 'トークン', null)]
export const gaps = [{ id: 'g1', shop_id: '103', date_basis: 'orderDate', from: minutes(80), to: minutes(38), minutes: 42, cause: { class: 'ip_denied', detail: '接続元IPアドレス 203.0.113.7 が au PAY マーケットに登録されていません。' }, deadline: minutes(-60 * 24 * 30), state: 'open' }]
export const listings = orders.slice(0, 3).map((order, at) => ({ shop_id: '101', shop: '楽天 本店', mall: 'rakuten', order_no: `330248-20261122-${String(900 + at).padStart(10, '0')}`, order_id: null, mall_status: '500', mall_status_label: '発送済', ordered_at: order.ordered_at, first_seen_at: minutes(60), last_seen_at: minutes(4), outcome: 'skipped_status', detail: '「発送済」は取得ステータスに含まれていません。' }))
