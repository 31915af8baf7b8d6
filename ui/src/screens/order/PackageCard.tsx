// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react'
import type { Order, OrderPackage } from '../../api/types'
import { useLanguage, useT } from '../../i18n'
import { formatDay } from '../../lib/dates'
import { yen } from '../../lib/money'
import { formatZip } from '../../lib/normalise'
import { Badge, ShipmentBadge } from '../../parts/Badges'

export function Address({ of }: { of: { zip?: string | null; prefecture?: string | null; city?: string | null; address1?: string | null; address2?: string | null; company?: string | null } }) {
  const t = useT()
  const lines = [[of.prefecture, of.city, of.address1].filter(Boolean).join(''), of.address2, of.company].filter(Boolean)
  if (!of.zip && !lines.length) return <span className="muted">{t('order.noAddress')}</span>
  return <>{of.zip && <>〒{formatZip(of.zip)}<br /></>}{lines.map((line) => <span key={line}>{line}<br /></span>)}</>
}

function Lines({ item }: { item: OrderPackage }) {
  const t = useT()
  const language = useLanguage()
  return (
    <div className="simple-scroll">
      <table className="simple">
        <thead>
          <tr>
            <th scope="col">{t('order.code')}</th><th scope="col">{t('order.itemName')}</th><th scope="col" className="number">{t('order.unitPrice')}</th>
            <th scope="col" className="number">{t('order.quantity')}</th><th scope="col" className="number">{t('order.taxRate')}</th><th scope="col" className="number">{t('order.subtotal')}</th>
          </tr>
        </thead>
        <tbody>
          {item.lines.map((line) => (
            <tr key={line.id}>
              <td className="code-cell">{line.item_code ?? '—'}{line.sku && <div className="muted">SKU {line.sku}</div>}{line.jan && <div className="muted">JAN {line.jan}</div>}</td>
              <td>
                {line.name}
                {line.options?.map((option) => <div key={`${option.name}${option.value}`} className="muted">{option.name ? `${option.name}: ` : ''}{option.value}</div>)}
                {line.note && <div className="muted">{line.note}</div>}
              </td>
              <td className="number">{yen(line.unit_price, language)}</td>
              <td className="number">{line.quantity > 1 ? <strong className="quantity-many">{line.quantity}</strong> : line.quantity}{line.shipped_quantity ? <div className="muted">{t('order.shippedQuantity', { n: line.shipped_quantity })}</div> : null}</td>
              <td className="number">{line.tax_rate === null || line.tax_rate === undefined ? '—' : `${line.tax_rate}%`}{line.tax_included === false && <div className="muted">{t('order.taxExcluded')}</div>}</td>
              <td className="number">{yen(line.subtotal, language)}{line.discount ? <div className="muted">−{yen(line.discount, language)}</div> : null}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

type Props = { order: Order; item: OrderPackage; index: number; children: ReactNode }

export function PackageCard({ order, item, index, children }: Props) {
  const t = useT()
  const language = useLanguage()
  const wish = [item.requested_date && formatDay(item.requested_date, language), item.requested_slot].filter(Boolean).join(' ')
  const extras: [string, string | null | undefined][] = [
    [t('order.gift'), item.gift], [t('order.noshi'), item.noshi], [t('order.wrapping'), item.wrapping], [t('order.message'), item.message],
    [t('order.dropOff'), item.drop_off], [t('order.deliveryNote'), item.delivery_note], [t('order.pickupStore'), item.pickup_store],
  ]
  const temperature = item.temperature === 'refrigerated' ? t('order.refrigerated') : item.temperature === 'frozen' ? t('order.frozen') : item.temperature
  return (
    <section className="card" aria-label={t('order.packageOf', { n: index + 1, total: order.packages.length })}>
      <div className="card-head">
        <h2>{order.packages.length > 1 ? t('order.packageOf', { n: index + 1, total: order.packages.length }) : t('order.shipTo')}</h2>
        <ShipmentBadge state={item.shipment_state} />
        {item.remote_island && <Badge tone="yellow">{t('order.remote')}</Badge>}
        {temperature && <Badge tone="blue">{temperature}</Badge>}
        <span className="grow" />
        {item.mall_ref && <span className="muted">{t('order.mallRef')} {item.mall_ref}</span>}
      </div>
      <div className="card-body package-top">
        <div>
          <strong className="person-name">{item.name ?? t('order.noName')}</strong>{item.kana && <span className="muted"> {item.kana}</span>}
          <div><Address of={item} /></div>
          {item.phone && <div>{t('order.phone')} {item.phone}</div>}
        </div>
        <dl className="pairs">
          <dt>{t('order.wish')}</dt><dd>{wish || '—'}{item.requested_slot_mall && item.requested_slot_mall !== item.requested_slot && <span className="muted"> ({item.requested_slot_mall})</span>}</dd>
          <dt>{t('order.delivery')}</dt><dd>{item.delivery_method ?? '—'}</dd>
          {item.planned_ship_date && <><dt>{t('order.plannedShipDate')}</dt><dd>{formatDay(item.planned_ship_date, language)}</dd></>}
          {item.sender?.name && <><dt>{t('order.sender')}</dt><dd>{item.sender.name}<div className="muted"><Address of={item.sender} />{item.sender.phone}</div></dd></>}
        </dl>
        <dl className="pairs">
          {extras.filter(([, value]) => value).map(([label, value]) => <div key={label} className="pair"><dt>{label}</dt><dd className="gift-text">{value}</dd></div>)}
        </dl>
      </div>
      <Lines item={item} />
      {children}
    </section>
  )
}
