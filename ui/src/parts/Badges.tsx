// SPDX-License-Identifier: Apache-2.0
import { IconAlertTriangle, IconCheck, IconClock, IconCopy, IconExclamationCircle, IconHelpCircle, IconMinus, IconEqualNot, IconRefresh, IconX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Mark, PaymentState, ShipmentState, ShopHealth, WritebackState } from '../api/types'
import { useLanguage, useT } from '../i18n'
import * as vocabulary from '../i18n/vocabulary'
import { copyText } from '../lib/clipboard'
import { toast } from './toast'

export type Tone = 'red' | 'yellow' | 'green' | 'blue' | 'grey' | 'plain'

export function Badge({ tone = 'grey', children, title }: { tone?: Tone; children: ReactNode; title?: string }) {
  return <span className="badge" data-tone={tone} title={title}>{children}</span>
}

const size = 13
const writebackLook: Record<WritebackState, [Tone, ReactNode]> = {
  pending: ['plain', <IconClock size={size} />], blocked: ['red', <IconExclamationCircle size={size} />], suppressed: ['plain', <IconMinus size={size} />],
  sending: ['blue', <IconRefresh size={size} />], unknown: ['yellow', <IconHelpCircle size={size} />], accepted: ['plain', <IconClock size={size} />],
  sent: ['plain', <IconClock size={size} />], verified: ['green', <IconCheck size={size} />], rejected: ['red', <IconX size={size} />],
  drift: ['red', <IconEqualNot size={size} />], superseded: ['plain', <IconMinus size={size} />], waived: ['plain', <IconMinus size={size} />],
}

export function WritebackBadge({ state }: { state: WritebackState | null | undefined }) {
  const language = useLanguage()
  if (!state) return <span className="muted">—</span>
  const [tone, icon] = writebackLook[state]
  return <Badge tone={tone}>{icon}{vocabulary.writebackState[state][language]}</Badge>
}

const paymentTone: Partial<Record<PaymentState, Tone>> = {
  unpaid_before_ship: 'yellow', partial: 'yellow', failed: 'red', refund_due: 'red', auth_pending: 'yellow', paid: 'green',
}

export function PaymentBadge({ state }: { state: PaymentState }) {
  const language = useLanguage()
  return <Badge tone={paymentTone[state] ?? 'grey'}>{vocabulary.paymentState[state][language]}</Badge>
}

const shipmentTone: Partial<Record<ShipmentState, Tone>> = { shipped: 'green', delivered: 'green', returned: 'red', undeliverable: 'red', labelled: 'blue', ready: 'blue' }

export function ShipmentBadge({ state }: { state: ShipmentState }) {
  const language = useLanguage()
  return <Badge tone={shipmentTone[state] ?? 'grey'}>{vocabulary.shipmentState[state][language]}</Badge>
}

const redMarks: Mark[] = ['cancel_arrived', 'suspect', 'fraud_review', 'drift', 'total_mismatch']
const yellowMarks: Mark[] = ['hold', 'address_unknown', 'amount_undetermined', 'caution', 'modified', 'read_only', 'unmapped']

export function MarkBadges({ marks }: { marks: Mark[] }) {
  const language = useLanguage()
  return (
    <span className="badges">
      {marks.map((mark) => (
        <Badge key={mark} tone={redMarks.includes(mark) ? 'red' : yellowMarks.includes(mark) ? 'yellow' : 'grey'}>{vocabulary.mark[mark]?.[language] ?? mark}</Badge>
      ))}
    </span>
  )
}

const healthLook: Record<ShopHealth['health'], [Tone, ReactNode]> = {
  ok: ['green', <IconCheck size={size} />], warn: ['yellow', <IconAlertTriangle size={size} />], down: ['red', <IconX size={size} />], off: ['grey', <IconMinus size={size} />], unknown: ['grey', <IconHelpCircle size={size} />],
}

export function HealthBadge({ health }: { health: ShopHealth['health'] }) {
  const language = useLanguage()
  const [tone, icon] = healthLook[health]
  return <Badge tone={tone}>{icon}{vocabulary.health[health][language]}</Badge>
}

export function ShopName({ mall, name }: { mall: string; name: string }) {
  const language = useLanguage()
  return <><span className="mall-dot" data-mall={mall} aria-hidden="true" title={vocabulary.mallShort[mall]?.[language] ?? mall} />{name}</>
}

export function CopyButton({ text }: { text: string }) {
  const t = useT()
  const copy = async () => {
    if (await copyText(text)) toast({ message: t('common.copied', { text }) })
  }
  return <button type="button" className="copy" aria-label={t('common.copy', { text })} onClick={() => void copy()}><IconCopy size={14} /></button>
}
