// SPDX-License-Identifier: Apache-2.0
import { Link } from 'wouter'
import type { Order, WorkStatus } from '../../api/types'
import { useLanguage, useT } from '../../i18n'
import * as vocabulary from '../../i18n/vocabulary'
import { formatFull, formatTime } from '../../lib/dates'
import { PaymentBadge, ShipmentBadge, WritebackBadge } from '../../parts/Badges'
import { Address } from './PackageCard'

/** Ours and the mall's side by side: they differ for hours, legitimately, and staff must see both. */
export function Axes({ order, status }: { order: Order; status: WorkStatus | undefined }) {
  const t = useT()
  const language = useLanguage()
  const shipment = order.writebacks.filter((item) => item.state !== 'superseded')
  const facts = order.mall_facts.filter((fact) => !lineOf(fact.name))
  const worst = shipment.find((item) => ['blocked', 'rejected', 'drift', 'unknown'].includes(item.state)) ?? shipment[0]
  return (
    <section className="card axes" aria-label={t('order.states')}>
      <div className="axes-side">
        <h2>Juchu</h2>
        <dl className="axes-list">
          <div><dt>{t('order.workStatus')}</dt><dd><strong>{status?.name ?? order.work_status}</strong></dd></div>
          <div><dt>{t('order.axisOrder')}</dt><dd>{vocabulary.orderState[order.order_state][language]}{order.hold && ` · ${t('order.hold')}`}</dd></div>
          <div><dt>{t('order.payment')}</dt><dd><PaymentBadge state={order.payment_state} /></dd></div>
          <div><dt>{t('order.axisShipment')}</dt><dd><ShipmentBadge state={order.shipment_state} /></dd></div>
          <div><dt>{t('order.writeback')}</dt><dd><WritebackBadge state={worst?.state} /></dd></div>
          <div><dt>{t('order.updatedAt')}</dt><dd title={formatFull(order.updated_at)}>{formatTime(order.updated_at)}</dd></div>
        </dl>
      </div>
      <div className="axes-side axes-mall">
        <h2>{vocabulary.mallShort[order.mall]?.[language] ?? order.mall}</h2>
        <dl className="axes-list">
          <div><dt>{t('order.mallStatus')}</dt><dd><strong>{order.mall_status_label ?? order.mall_status ?? '—'}</strong></dd></div>
          {facts.map((fact) => <div key={fact.name}><dt title={fact.name}>{fact.label || fact.name}</dt><dd>{fact.value_label ? `${fact.value_label} (${fact.value})` : fact.value}{unmappedKind(fact.name) && <> <Link href={`/settings/mappings?mall=${order.mall}&kind=${unmappedKind(fact.name)}&value=${encodeURIComponent(fact.value)}`}>{t('mappings.open')}</Link></>}</dd></div>)}
          <div><dt>{t('order.fetchedAt')}</dt><dd title={formatFull(order.fetched_at)}>{formatTime(order.fetched_at)}</dd></div>
          {order.written_at && <div><dt>{t('order.writtenAt')}</dt><dd title={formatFull(order.written_at)}>{formatTime(order.written_at)}</dd></div>}
        </dl>
        <LineFacts facts={order.mall_facts} />
      </div>
    </section>
  )
}

/** A value that nothing converts yet is named `unmapped.KIND`. */
const unmappedKind = (name: string) => /^unmapped\.(\w+)$/.exec(name)?.[1]

/** Facts of single lines are named `fact[line]`. */
const lineOf = (name: string) => /\[(.+)\]$/.exec(name)?.[1]

function LineFacts({ facts }: { facts: Order['mall_facts'] }) {
  const t = useT()
  const lines = new Map<string, Order['mall_facts']>()
  for (const fact of facts) {
    const line = lineOf(fact.name)
    if (line) lines.set(line, [...(lines.get(line) ?? []), fact])
  }
  if (lines.size === 0) return null
  return (
    <details className="line-facts">
      <summary>{t('order.lineFacts', { count: lines.size })}</summary>
      <ul>{[...lines].map(([line, of]) => <li key={line}><span className="muted number">{line}</span> {of.map((fact) => `${fact.label || fact.name} ${fact.value_label || fact.value}`).join(' · ')}</li>)}</ul>
    </details>
  )
}

export function Orderer({ order }: { order: Order }) {
  const t = useT()
  const { orderer } = order
  return (
    <section className="card" aria-label={t('order.orderer')}>
      <div className="card-head"><h2>{t('order.orderer')}</h2></div>
      <div className="card-body stack">
        <div>
          <strong className="person-name">{orderer.name ?? t('order.noName')}</strong>{orderer.kana && <span className="muted"> {orderer.kana}</span>}
          <div><Address of={orderer} /></div>
          {orderer.phone && <div>{t('order.phone')} {orderer.phone}</div>}
          {orderer.mail && <div className="wrap-anywhere">{orderer.mail}</div>}
        </div>
        {order.buyer_note && <div className="buyer-note"><span className="muted">{t('order.buyerNote')}</span><div>{order.buyer_note}</div></div>}
        {order.mall_memo && <div><span className="muted">{t('order.mallMemo')}</span><div>{order.mall_memo}</div></div>}
      </div>
    </section>
  )
}
