// SPDX-License-Identifier: Apache-2.0
import type {
  FetchDoor, FetchOutcome, FetchRunState, Mark, OrderState, PaymentState, Role, ShipmentState, ShopHealth,
  WritebackAspect, WritebackState,
} from '../api/types'

export type Label = { ja: string; en: string }
type Labels<E extends string> = Record<E, Label>
const l = (ja: string, en: string): Label => ({ ja, en })

export const orderState: Labels<OrderState> = {
  provisional: l('仮注文', 'Provisional'), new: l('新規', 'New'), mall_processing: l('モール処理中', 'At the mall'),
  accepted: l('受付済', 'Accepted'), cancel_requested: l('キャンセル依頼', 'Cancel asked'), cancelled: l('キャンセル', 'Cancelled'), done: l('完了', 'Done'),
}

export const paymentState: Labels<PaymentState> = {
  none: l('不要', 'None due'), auth_pending: l('与信待ち', 'Authorising'), authorized: l('与信済', 'Authorised'),
  unpaid_before_ship: l('入金待ち', 'Unpaid'), partial: l('一部入金', 'Part paid'), paid: l('入金済', 'Paid'),
  due_after_ship: l('後払い・代引', 'Due later'), failed: l('決済NG', 'Failed'), refund_due: l('返金必要', 'Refund due'), refunded: l('返金済', 'Refunded'),
}

export const shipmentState: Labels<ShipmentState> = {
  waiting: l('未着手', 'Waiting'), ready: l('出荷可', 'Ready'), instructed: l('出荷指示済', 'Instructed'), labelled: l('送り状発行済', 'Labelled'),
  shipped: l('出荷済', 'Shipped'), delivered: l('配達完了', 'Delivered'), returned: l('返送', 'Returned'), undeliverable: l('配達不能', 'Undeliverable'), void: l('取消', 'Void'),
}

export const writebackState: Labels<WritebackState> = {
  pending: l('送信待ち', 'Waiting to send'), blocked: l('要対応', 'Needs you'), suppressed: l('対象外', 'Not sent (rule)'), sending: l('送信中', 'Sending'),
  unknown: l('確認中', 'Checking'), accepted: l('結果待ち', 'Waiting for the mall'), sent: l('送信済(確認待ち)', 'Sent, not yet confirmed'),
  verified: l('反映済', 'Reflected'), rejected: l('拒否', 'Refused'), drift: l('差異あり', 'Differs'), superseded: l('置換済', 'Replaced'), waived: l('免除', 'Waived'),
}

export const writebackAspect: Labels<WritebackAspect> = {
  accept: l('注文確認', 'Accept'), shipment: l('発送報告', 'Shipment'), status: l('状態', 'Status'), cancel: l('キャンセル', 'Cancel'), payment: l('入金', 'Payment'),
}

export const fetchOutcome: Labels<FetchOutcome> = {
  created: l('新規', 'New'), updated: l('更新', 'Updated'), unchanged: l('変更なし', 'Unchanged'), skipped_status: l('対象外(状態)', 'Not taken (status)'),
  skipped_kind: l('対象外(種類)', 'Not taken (kind)'), skipped_tombstone: l('対象外(削除済)', 'Not taken (deleted here)'),
  duplicate_other_shop: l('他店舗に同番号', 'Same number in another shop'), imported_with_gap: l('取込(要設定)', 'Taken (setting missing)'),
  not_found: l('モールにない', 'Not at the mall'), failed_read: l('取得できず', 'Could not be read'), failed_parse: l('読込不可', 'Unreadable'), failed_validate: l('登録不可', 'Not storable'),
}

export const fetchDoor: Labels<FetchDoor> = {
  auto: l('自動', 'Automatic'), range: l('期間指定', 'Date range'), status: l('ステータス指定', 'By status'), numbers: l('番号指定', 'By number'),
  reread: l('再取得', 'Read again'), gap: l('抜けの取り直し', 'Gap refill'), file: l('ファイル', 'File'),
}

export const fetchRunState: Labels<FetchRunState> = {
  queued: l('待機中', 'Queued'), running: l('取得中', 'Running'), done: l('完了', 'Done'), partial: l('一部失敗', 'Partly failed'), failed: l('失敗', 'Failed'),
}

export const health: Labels<ShopHealth['health']> = {
  ok: l('正常', 'OK'), warn: l('注意', 'Look at it'), down: l('停止', 'Down'), off: l('停止中', 'Switched off'), unknown: l('未確認', 'Not known'),
}

export const mark: Labels<Mark> = {
  hold: l('保留', 'On hold'), preorder: l('予約', 'Pre-order'), fraud_review: l('審査中', 'In review'), amount_undetermined: l('金額未確定', 'Amount open'),
  address_unknown: l('住所未定', 'Address open'), several_destinations: l('複数送付先', 'Several ship-tos'), remote_island: l('離島', 'Remote'),
  gift: l('ギフト', 'Gift'), noshi: l('のし', 'Noshi'), wrapping: l('ラッピング', 'Wrapping'), comment: l('備考', 'Note'), date_requested: l('日時指定', 'Date wish'),
  auction: l('オークション', 'Auction'), caution: l('要注意', 'Caution'), modified: l('変更あり', 'Changed'), total_mismatch: l('金額不一致', 'Total differs'),
  split: l('分割', 'Split'), read_only: l('変更不可期間', 'Not editable yet'), drift: l('モールと差異', 'Differs'), receipt: l('領収書', 'Receipt'), drug: l('医薬品', 'Medicine'),
  express: l('お急ぎ', 'Express'), cancel_arrived: l('出荷停止', 'Stop shipping'), suspect: l('いたずら疑い', 'Suspect'), subscription: l('定期', 'Subscription'), unmapped: l('未変換', 'Not converted'), numbers_left_out: l('伝票番号一部', 'Numbers left out'),
}

export const role: Labels<Role> = { viewer: l('閲覧', 'Viewer'), staff: l('担当', 'Staff'), manager: l('管理', 'Manager'), owner: l('所有者', 'Owner') }

/** Unlike the others, malls are data of the server; a mall that is not here shows its own name. */
export const mallShort: Record<string, Label> = {
  rakuten: l('楽天', 'Rakuten'), yahoo: l('Yahoo!', 'Yahoo!'), aupay: l('au PAY', 'au PAY'), amazon: l('Amazon', 'Amazon'), qoo10: l('Qoo10', 'Qoo10'), makeshop: l('MakeShop', 'MakeShop'),
}

export const vocabularies = { orderState, paymentState, shipmentState, writebackState, writebackAspect, fetchOutcome, fetchDoor, fetchRunState, health, mark, role }
