// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { api, take } from '../api/client'
import { useSession } from '../api/session'
import type { Gap, Shop } from '../api/types'
import { useLanguage, useT } from '../i18n'
import { formatFull, formatTime, minutesToText } from '../lib/dates'
import { may } from '../lib/permissions'
import { Badge, ShopName } from '../parts/Badges'
import { toastError } from '../parts/toast'

type Props = { gaps: Gap[]; shops: Shop[]; oneShop?: boolean }

export function GapTable({ gaps, shops, oneShop = false }: Props) {
  const t = useT()
  const language = useLanguage()
  const [, navigate] = useLocation()
  const allowed = may(useSession().user.role, 'staff')
  const [busy, setBusy] = useState<string | null>(null)
  const refill = async (gap: Gap) => {
    setBusy(gap.id)
    try {
      const started = await take(api.POST('/shops/{id}/fetch', { params: { path: { id: gap.shop_id } }, body: { from: gap.from, to: gap.to } }))
      navigate(`/fetch/${started.fetch_run.id}`)
    } catch (error) {
      toastError(error)
    } finally {
      setBusy(null)
    }
  }
  return (
    <div className="simple-scroll">
      <table className="simple">
        <thead><tr>{!oneShop && <th scope="col">{t('order.shop')}</th>}<th scope="col">{t('gaps.period')}</th><th scope="col" className="number">{t('gaps.length')}</th><th scope="col">{t('gaps.deadline')}</th><th scope="col">{t('gaps.state')}</th><th scope="col"><span className="offscreen">{t('common.actions')}</span></th></tr></thead>
        <tbody>
          {gaps.map((gap) => {
            const shop = shops.find((item) => item.id === gap.shop_id)
            return (
              <tr key={gap.id}>
                {!oneShop && <td className="nowrap">{shop ? <ShopName mall={shop.mall} name={shop.name} /> : gap.shop_id}</td>}
                <td className="nowrap"><span title={`${formatFull(gap.from)}〜${formatFull(gap.to)}`}>{formatTime(gap.from)}〜{formatTime(gap.to)}</span></td>
                <td className="number">{minutesToText(gap.minutes, language)}</td>
                <td className="nowrap" title={formatFull(gap.deadline)}>{formatTime(gap.deadline) || '—'}</td>
                <td><Badge tone={gap.state === 'refilling' ? 'blue' : gap.state === 'open' ? 'yellow' : 'red'}>{t(`gaps.${gap.state}`)}</Badge></td>
                <td>{gap.state === 'open' && <Button size="compact-xs" variant="default" loading={busy === gap.id} disabled={!allowed} onClick={() => void refill(gap)}>{t('gaps.refill')}</Button>}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
