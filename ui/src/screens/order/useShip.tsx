// SPDX-License-Identifier: Apache-2.0
import { useMemo, useState } from 'react'
import { api, take } from '../../api/client'
import { etag } from '../../api/orders'
import { fieldErrors } from '../../api/problem'
import { setPreferences } from '../../api/preferences'
import { useSession } from '../../api/session'
import type { Carrier, Order, OrderChange } from '../../api/types'
import { useConflict } from '../../blocks/useConflict'
import { useT } from '../../i18n'
import { flatten, shipValueOf, toPackages, unflatten, type ShipValue } from '../../lib/shipping'
import { draftKey } from '../../lib/storage'
import { toast, toastError } from '../../parts/toast'
import { useDraft } from '../../parts/useDraft'

type Draft = { version: number; base: ShipValue; value: ShipValue }

export function useShip(order: Order, carriers: Carrier[], onChanged: (change: OrderChange, moved: boolean) => void) {
  const t = useT()
  const session = useSession()
  const { save, dialog } = useConflict()
  const base = useMemo(() => shipValueOf(order.packages), [order.packages])
  const planned = useMemo(() => Object.fromEntries(order.packages.map((item) => [item.id, item.carrier ?? ''])), [order.packages])
  const draft = useDraft<Draft>(draftKey(session.user.id, order.id, 'ship'), { version: order.version, base, value: base })
  const [busy, setBusy] = useState<'save' | 'move' | null>(null)
  const [errors, setErrors] = useState<Record<string, string>>({})

  const label = (path: string) => {
    const [packageId, at, field] = path.split('/')
    const number = order.packages.findIndex((item) => item.id === packageId) + 1
    const name = field === 'carrier' ? t('order.carrier') : field === 'ship_date' ? t('order.shipDate') : t('order.tracking')
    return t('ship.field', { package: number, parcel: Number(at) + 1, name })
  }
  const show = (path: string, value: string) => (path.endsWith('/carrier') ? carriers.find((item) => item.code === value)?.name ?? value : value)

  const submit = async (move: boolean) => {
    if (busy) return
    setBusy(move ? 'move' : 'save')
    setErrors({})
    const ids = order.packages.map((item) => item.id)
    try {
      const change = await save({
        id: order.id, version: draft.value.version, base: flatten(draft.value.base), mine: flatten(draft.value.value),
        valuesOf: (current) => flatten(shipValueOf(current.packages)),
        send: (version, values) => take(api.POST('/orders/{id}/ship', {
          params: { path: { id: order.id }, header: { 'If-Match': etag(version) } },
          body: { packages: toPackages(unflatten(values, ids), planned), move },
        })),
        label, show,
      })
      if (!change) return
      draft.saved()
      const last = Object.values(draft.value.value).flat().find((parcel) => parcel.carrier)?.carrier
      if (last) setPreferences({ last_carrier: last })
      const blocked = change.order.writebacks.find((item) => item.aspect === 'shipment' && item.state === 'blocked')
      toast({ message: blocked ? t('ship.savedBlocked', { reason: blocked.reasons?.map((reason) => reason.detail).join(' ') ?? '' }) : t(move ? 'ship.shipped' : 'ship.saved'), tone: blocked ? 'info' : 'done' })
      onChanged(change, move)
    } catch (error) {
      const fields = fieldErrors(error)
      setErrors(fields)
      toastError(error)
    } finally {
      setBusy(null)
    }
  }
  return { draft, busy, errors, submit, dialog }
}

export type Ship = ReturnType<typeof useShip>
