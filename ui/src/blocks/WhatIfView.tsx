// SPDX-License-Identifier: Apache-2.0
import { Button, Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useShops } from '../api/hooks'
import type { WhatIf } from '../api/types'
import { useT, type MessageKey } from '../i18n'
import { formatTime } from '../lib/dates'
import { count } from '../lib/money'
import { ShopName } from '../parts/Badges'
import { ProblemView } from '../parts/States'

type Kind = 'orders' | 'notices' | 'listings'
type Props = { result: WhatIf | undefined; error?: unknown; kind: Kind; word?: (value: string) => string }

/** What a change would touch of the last days, told before it is saved. */
export function WhatIfView({ result, error, kind, word }: Props) {
  const t = useT()
  const shops = useShops()
  if (error) return <ProblemView error={error} />
  if (!result) return <p className="muted" role="status">{t('whatif.loading')}</p>
  const text = (value: string | null | undefined) => {
    if (!value) return t('value.none')
    const known = `value.${value}`
    return word ? word(value) : known === 'value.taken' || known === 'value.skipped' || known === 'value.on' || known === 'value.off' ? t(known as MessageKey) : value
  }
  return (
    <div className="stack what-if" role="status">
      <p className={result.count ? 'notice' : 'muted'} data-tone={result.count ? 'yellow' : undefined}>
        {result.count === 0 ? t('whatif.none', { days: result.days }) : t(`whatif.${kind}`, { n: count(result.count), days: result.days })}{result.capped && ` ${t('whatif.capped')}`}
      </p>
      {result.items.length > 0 && (
        <div className="simple-scroll what-if-list" tabIndex={0} role="region" aria-label={t('whatif.title', { days: result.days })}>
          <table className="simple">
            <thead><tr><th scope="col">{t('order.orderNo')}</th><th scope="col">{t('order.shop')}</th><th scope="col">{t('order.orderedAt')}</th><th scope="col">{t('settings.before')}</th><th scope="col">{t('settings.after')}</th></tr></thead>
            <tbody>{result.items.map((item) => {
              const shop = shops.find((one) => one.id === item.shop_id)
              return (
                <tr key={`${item.shop_id}/${item.order_no}`}>
                  <td className="nowrap">{item.order_id ? <Link href={`/orders/${item.order_id}`}>{item.order_no}</Link> : item.order_no}</td>
                  <td className="nowrap">{shop ? <ShopName mall={shop.mall} name={shop.name} /> : '—'}</td>
                  <td className="nowrap">{formatTime(item.ordered_at) || '—'}</td>
                  <td>{text(item.before)}</td><td>{text(item.after)}</td>
                </tr>
              )
            })}</tbody>
          </table>
        </div>
      )}
      {result.count > result.items.length && <p className="muted">{t('whatif.first', { n: result.items.length })}</p>}
    </div>
  )
}

type DialogProps = Props & { onClose: () => void; onSave: () => void; busy: boolean; children?: ReactNode }

export function WhatIfDialog({ onClose, onSave, busy, children, ...view }: DialogProps) {
  const t = useT()
  return (
    <Modal opened onClose={onClose} title={t('whatif.title', { days: view.result?.days ?? 30 })} size="xl">
      <div className="stack">
        {children}
        <WhatIfView {...view} />
        <div className="line"><Button size="sm" loading={busy} disabled={!view.result} onClick={onSave} data-autofocus>{t('whatif.save')}</Button><Button size="sm" variant="default" onClick={onClose}>{t('common.stop')}</Button></div>
      </div>
    </Modal>
  )
}
