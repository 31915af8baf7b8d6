// SPDX-License-Identifier: Apache-2.0
import { Button, Textarea } from '@mantine/core'
import { useRef, useState } from 'react'
import { api, take } from '../../api/client'
import { etag } from '../../api/orders'
import { useSession } from '../../api/session'
import type { Order, OrderChange } from '../../api/types'
import { useConflict } from '../../blocks/useConflict'
import { useT } from '../../i18n'
import { formatTime } from '../../lib/dates'
import { may } from '../../lib/permissions'
import { draftKey } from '../../lib/storage'
import { toast, toastError } from '../../parts/toast'
import { useDraft } from '../../parts/useDraft'

type Draft = { version: number; base: string; memo: string }

export function Memo({ order, onChanged }: { order: Order; onChanged: (change: OrderChange) => void }) {
  const t = useT()
  const session = useSession()
  const { save, dialog } = useConflict()
  const draft = useDraft<Draft>(draftKey(session.user.id, order.id, 'memo'), { version: order.version, base: order.memo, memo: order.memo })
  const [busy, setBusy] = useState(false)
  const composing = useRef(false)
  const allowed = may(session.user.role, 'staff')

  const submit = async () => {
    if (!draft.dirty || busy) return
    setBusy(true)
    try {
      const change = await save({
        id: order.id, version: draft.value.version, base: { memo: draft.value.base }, mine: { memo: draft.value.memo },
        valuesOf: (current) => ({ memo: current.memo }),
        send: (version, values) => take(api.PATCH('/orders/{id}', { params: { path: { id: order.id }, header: { 'If-Match': etag(version) } }, body: { memo: values.memo ?? '' } })),
        label: () => t('order.memo'),
      })
      if (!change) return
      draft.saved()
      onChanged(change)
      toast({ message: t('order.memoSaved') })
    } catch (error) {
      toastError(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <section className="card" aria-label={t('order.memo')}>
      <div className="card-body stack">
        <Textarea
          id="memo" label={t('order.memo')} autosize minRows={2} maxRows={10} maxLength={4000} value={draft.value.memo} readOnly={!allowed}
          onChange={(event) => draft.setValue({ ...draft.value, memo: event.currentTarget.value })}
          onCompositionStart={() => { composing.current = true }} onCompositionEnd={() => { composing.current = false }}
          onKeyDown={(event) => {
            if (composing.current || !(event.ctrlKey || event.metaKey) || (event.key !== 'Enter' && event.key !== 's')) return
            event.preventDefault()
            event.stopPropagation()
            void submit()
          }}
        />
        {draft.restoredAt && <div className="notice" data-tone="yellow">{t('common.restored', { time: formatTime(draft.restoredAt) })}</div>}
        {draft.dirty && (
          <div className="line">
            <Button size="xs" loading={busy} disabled={!allowed} onClick={() => void submit()}>{t('order.memoSave')}</Button>
            <Button size="xs" variant="default" onClick={draft.discard}>{t('common.discard')}</Button>
          </div>
        )}
      </div>
      {dialog}
    </section>
  )
}
