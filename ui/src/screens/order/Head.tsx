// SPDX-License-Identifier: Apache-2.0
import { ActionIcon, Button, Menu } from '@mantine/core'
import { IconArrowLeft, IconChevronDown, IconChevronUp, IconDots } from '@tabler/icons-react'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { useSession } from '../../api/session'
import type { Order, WorkStatus } from '../../api/types'
import { useT } from '../../i18n'
import { formatFull } from '../../lib/dates'
import { count } from '../../lib/money'
import { may } from '../../lib/permissions'
import { CopyButton, MarkBadges, ShopName } from '../../parts/Badges'
import { StatusPicker } from '../../parts/StatusPicker'

type Props = {
  order: Order; back: string; backLabel: string; place: { at: number; of: number | null; previous: string | undefined; next: string | undefined } | null
  statuses: WorkStatus[]; picker: boolean; onPicker: (open: boolean) => void; onMove: (id: string) => void
  onAccept: () => void; onReread: () => void; onRaw: () => void; onCancel: () => void
}

export function Head(props: Props) {
  const { order, back, backLabel, place, statuses, picker, onPicker, onMove } = props
  const t = useT()
  const [, navigate] = useLocation()
  const [menu, setMenu] = useState(false)
  const allowed = may(useSession().user.role, 'staff')
  const hint = allowed ? undefined : t('common.staffOnly')
  const status = statuses.find((item) => item.id === order.work_status)
  const closed = order.order_state === 'cancelled'
  return (
    <div className="order-head">
      <div className="line">
        <Link href={back} className="line"><IconArrowLeft size={15} aria-hidden="true" />{backLabel}</Link>
        {place && (
          <span className="line">
            <span className="muted number">{place.of ? `${count(place.at)}/${count(place.of)}` : count(place.at)}</span>
            <ActionIcon variant="default" size="md" disabled={!place.previous} aria-label={t('order.previous')} onClick={() => place.previous && navigate(place.previous)}><IconChevronUp size={15} /></ActionIcon>
            <ActionIcon variant="default" size="md" disabled={!place.next} aria-label={t('order.next')} onClick={() => place.next && navigate(place.next)}><IconChevronDown size={15} /></ActionIcon>
          </span>
        )}
        <span className="grow" />
      </div>
      <div className="line">
        <h1 className="order-title number">{order.order_no}</h1><CopyButton text={order.order_no} />
        <span className="nowrap"><ShopName mall={order.mall} name={order.shop} /></span>
        <span className="muted nowrap">{formatFull(order.ordered_at)}</span>
        <MarkBadges marks={order.marks} />
        <span className="grow" />
        <StatusPicker statuses={statuses} current={order.work_status} open={picker} onOpen={onPicker} onPick={onMove}>
          <Button size="xs" variant="default" disabled={!allowed} title={hint} aria-haspopup="dialog" aria-expanded={picker} onClick={() => onPicker(!picker)}
            leftSection={status && <span className="dot" style={{ background: `var(--mantine-color-${status.colour}-6)` }} aria-hidden="true" />} rightSection={<IconChevronDown size={14} aria-hidden="true" />}>
            {status?.name ?? t('orders.move')}
          </Button>
        </StatusPicker>
        {order.can_accept && <Button size="xs" disabled={!allowed} title={hint} onClick={props.onAccept}>{t('order.accept')}</Button>}
        <Menu opened={menu} onChange={setMenu} position="bottom-end" shadow="md">
          <Menu.Target><ActionIcon variant="default" size="md" aria-label={t('order.more')}><IconDots size={16} /></ActionIcon></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={props.onReread} disabled={!allowed}>{t('order.reread')}</Menu.Item>
            <Menu.Item onClick={props.onRaw}>{t('order.raw')}</Menu.Item>
            <Menu.Item color="red" onClick={props.onCancel} disabled={!allowed || closed}>{t('cancel.menu')}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      {order.links && order.links.length > 0 && <div className="line muted">{t('order.links')} {order.links.map((link) => link.order_id ? <Link key={link.order_no} href={`/orders/${link.order_id}`}>{link.order_no}</Link> : <span key={link.order_no}>{link.order_no}</span>)}</div>}
    </div>
  )
}
