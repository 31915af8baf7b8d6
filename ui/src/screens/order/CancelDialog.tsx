// SPDX-License-Identifier: Apache-2.0
import { Button, Checkbox, Modal, Select, Textarea } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { api, take } from '../../api/client'
import { etag } from '../../api/orders'
import { useMalls } from '../../api/hooks'
import type { Order, OrderChange } from '../../api/types'
import { useT } from '../../i18n'
import { messageOf } from '../../parts/toast'

type Props = { order: Order; onClose: () => void; onChanged: (change: OrderChange) => void }

export function CancelDialog({ order, onClose, onChanged }: Props) {
  const t = useT()
  const mall = useMalls().find((item) => item.mall === order.mall)
  const reasons = mall?.cancel_reasons ?? []
  const [reason, setReason] = useState('')
  const [code, setCode] = useState<string | null>(null)
  const [atMall, setAtMall] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    try {
      const change = await take(api.POST('/orders/{id}/cancel', {
        params: { path: { id: order.id }, header: { 'If-Match': etag(order.version) } },
        body: { reason: reason.trim(), at_mall: atMall, ...(atMall && code && { reason_code: code }) },
      }))
      onChanged(change)
      onClose()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} title={t('cancel.title', { number: order.order_no })} size="lg">
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <Textarea label={t('cancel.reason')} value={reason} onChange={(event) => setReason(event.currentTarget.value)} autosize minRows={2} maxLength={500} data-autofocus />
        {order.can_cancel_at_mall
          ? <Checkbox label={t('cancel.atMall', { mall: mall?.name ?? order.mall })} checked={atMall} onChange={(event) => setAtMall(event.currentTarget.checked)} />
          : <p className="muted">{t('cancel.localOnly')}</p>}
        {atMall && reasons.length > 0 && <Select label={t('cancel.code')} data={reasons.map((item) => ({ value: item.code, label: item.label }))} value={code} onChange={setCode} />}
        <div className="notice" data-tone={atMall ? 'red' : undefined}>{t(atMall ? 'cancel.effectMall' : 'cancel.effectLocal', { mall: mall?.name ?? order.mall })}</div>
        <div role="alert">{error !== null && <div className="notice" data-tone="red">{messageOf(error)}</div>}</div>
        <div className="line">
          <Button size="sm" color="red" type="submit" loading={busy} disabled={!reason.trim() || (atMall && reasons.length > 0 && !code)}>{t(atMall ? 'cancel.doMall' : 'cancel.doLocal')}</Button>
          <Button size="sm" variant="default" onClick={onClose}>{t('common.stop')}</Button>
        </div>
      </form>
    </Modal>
  )
}
