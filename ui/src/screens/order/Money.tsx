// SPDX-License-Identifier: Apache-2.0
import type { Order } from '../../api/types'
import { useLanguage, useT, type MessageKey } from '../../i18n'
import { formatDay, formatTime } from '../../lib/dates'
import { yen } from '../../lib/money'
import { PaymentBadge } from '../../parts/Badges'

const rows: [keyof Order['amounts'], MessageKey, boolean][] = [
  ['goods', 'amount.goods', false], ['shipping', 'amount.shipping', false], ['cod_fee', 'amount.codFee', false], ['payment_fee', 'amount.paymentFee', false],
  ['wrapping', 'amount.wrapping', false], ['other_fee', 'amount.otherFee', false], ['discount', 'amount.discount', true], ['adjustment', 'amount.adjustment', false],
]
const eventNames: Record<string, MessageKey> = { authorized: 'paymentEvent.authorized', captured: 'paymentEvent.captured', paid: 'paymentEvent.paid', refunded: 'paymentEvent.refunded', failed: 'paymentEvent.failed', due: 'paymentEvent.due' }

export function Money({ order }: { order: Order }) {
  const t = useT()
  const language = useLanguage()
  const { amounts, payment } = order
  const minus = (value: number | null | undefined) => (value === null || value === undefined ? yen(null, language) : value === 0 ? yen(0, language) : `−${yen(value, language)}`)
  const couponsNamed = order.coupons.reduce((sum, coupon) => sum + coupon.amount, 0)
  const coupons: [string, number | null][] = order.coupons.map((coupon) => [t('amount.couponNamed', { name: coupon.name, issuer: coupon.issuer === 'mall' ? t('amount.byMall') : coupon.issuer === 'shop' ? t('amount.byShop') : '—' }), coupon.amount])
  if (couponsNamed === 0) {
    if (amounts.coupon_shop !== 0) coupons.push([t('amount.couponShop'), amounts.coupon_shop])
    if (amounts.coupon_mall !== 0) coupons.push([t('amount.couponMall'), amounts.coupon_mall])
  }
  return (
    <section className="card" aria-label={t('order.amounts')}>
      <div className="card-head"><h2>{t('order.amounts')}</h2></div>
      <div className="card-body">
        <table className="amounts">
          <tbody>
            {rows.filter(([name]) => ['goods', 'shipping'].includes(name) || amounts[name] !== 0).map(([name, label, negative]) => (
              <tr key={name}><th scope="row">{t(label)}</th><td>{negative ? minus(amounts[name]) : yen(amounts[name], language)}</td></tr>
            ))}
            <tr className="amount-sum"><th scope="row">{t('amount.total')}</th><td>{yen(amounts.total, language)}</td></tr>
            {coupons.map(([label, amount]) => <tr key={label}><th scope="row">{label}</th><td>{minus(amount)}</td></tr>)}
            <tr><th scope="row">{t('amount.points')}{order.points?.granted ? <span className="muted"> {t('amount.granted', { n: order.points.granted })}</span> : null}</th><td>{minus(amounts.points)}</td></tr>
            <tr className="amount-sum amount-due"><th scope="row">{t('amount.due')}</th><td>{yen(amounts.due, language)}</td></tr>
            {order.taxes.map((tax) => <tr key={tax.rate} className="muted"><th scope="row">{t('amount.tax', { rate: tax.rate, taxable: yen(tax.taxable, language) })}</th><td>{yen(tax.tax, language)}</td></tr>)}
          </tbody>
        </table>
      </div>
      <div className="card-head card-head-inner"><h2>{t('order.payment')}</h2><PaymentBadge state={order.payment_state} /></div>
      <div className="card-body">
        <dl className="pairs">
          <dt>{t('order.paymentMethod')}</dt><dd>{payment.method ?? '—'}{payment.note && <span className="muted"> {payment.note}</span>}</dd>
          {payment.due_date && <><dt>{t('order.dueDate')}</dt><dd>{formatDay(payment.due_date, language)}</dd></>}
          <dt>{t('order.paidAt')}</dt><dd>{formatTime(payment.paid_at) || '—'}</dd>
        </dl>
        {payment.events.length > 0 && (
          <ul className="plain-list payment-events">
            {payment.events.map((event) => {
              const name = eventNames[event.kind]
              return <li key={event.id}><span className="muted">{formatTime(event.at)}</span> {name ? t(name) : event.kind} <span className="number">{yen(event.amount, language)}</span>{event.source && <span className="muted"> {event.source === 'mall' ? t('actor.mall') : event.source}</span>}</li>
            })}
          </ul>
        )}
      </div>
    </section>
  )
}
