// SPDX-License-Identifier: Apache-2.0
import { IconAlertTriangle } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'wouter'
import { useConnected } from '../api/events'
import { useSessionState } from '../api/session'
import type { ShopHealth } from '../api/types'
import { useT } from '../i18n'
import { dayOf } from '../lib/dates'

type Alert = { tone: 'red' | 'yellow'; text: string; id: string; canHide: boolean }
const hiddenName = 'juchu-hidden-alert'

function worst(shops: ShopHealth[], t: ReturnType<typeof useT>): Alert | null {
  const down = shops.find((shop) => shop.health === 'down')
  if (down) {
    const why = down.reasons?.[0]?.detail ?? down.last_error?.detail ?? ''
    return { tone: 'red', id: `down-${down.shop_id}`, canHide: false, text: t('strip.down', { shop: down.shop, why }) }
  }
  let nearest: { shop: string; label: string; days: number; id: string } | null = null
  for (const shop of shops) {
    for (const item of shop.credentials) {
      if (item.days_left === null || item.days_left === undefined || item.days_left > 7) continue
      if (!nearest || item.days_left < nearest.days) nearest = { shop: shop.shop, label: item.label, days: item.days_left, id: `${shop.shop_id}-${item.kind}` }
    }
  }
  if (!nearest) return null
  const text = nearest.days < 0 ? t('strip.keyPast', nearest) : nearest.days === 0 ? t('strip.keyToday', nearest) : t('strip.key', nearest)
  return { tone: nearest.days <= 0 ? 'red' : 'yellow', id: `key-${nearest.id}`, canHide: nearest.days >= 0, text }
}

export function Strips({ shops }: { shops: ShopHealth[] }) {
  const t = useT()
  const connected = useConnected()
  const { newBuild } = useSessionState()
  const [hidden, setHidden] = useState(() => localStorage.getItem(hiddenName))
  const alert = worst(shops, t)
  const hideKey = alert ? `${dayOf(new Date())} ${alert.id}` : ''
  const hide = () => {
    localStorage.setItem(hiddenName, hideKey)
    setHidden(hideKey)
  }
  return (
    <>
      {connected === false && <div className="strip" data-tone="red" role="alert">{t('strip.offline')}</div>}
      {newBuild && <div className="strip" data-tone="blue" role="status"><span className="grow">{t('strip.newBuild')}</span><button type="button" className="plain-button" onClick={() => window.location.reload()}>{t('common.reload')}</button></div>}
      {alert && hidden !== hideKey && (
        <div className="strip" data-tone={alert.tone} role="status">
          <IconAlertTriangle size={16} aria-hidden="true" />
          <span className="grow">{alert.text}</span>
          <Link href="/shops">{t('strip.toShop')}</Link>
          {alert.canHide && <button type="button" className="plain-button" onClick={hide}>{t('strip.later')}</button>}
        </div>
      )}
    </>
  )
}
