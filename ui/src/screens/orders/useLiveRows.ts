// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useRef, useState } from 'react'
import { useEvent, type EventData } from '../../api/events'
import { readOrder, useOrderPatcher } from '../../api/orders'
import { useSession } from '../../api/session'
import type { OrderRow } from '../../api/types'

const most = 20

/** Rows in view follow the server in place; new orders wait behind a bar, so that nothing shifts under the pointer. */
export function useLiveRows(rows: OrderRow[], refetch: () => unknown) {
  const [news, setNews] = useState(0)
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set())
  const patch = useOrderPatcher()
  const self = useSession().user.id
  const current = useRef(rows)
  current.current = rows

  useEvent('order.changed', useCallback((data: EventData['order.changed']) => {
    if (data.created) setNews((before) => before + (data.created ?? 0))
    const here = new Map(current.current.map((row) => [row.id, row.version]))
    const ids = data.ids.filter((id) => here.has(id)).slice(0, most)
    for (const id of ids) {
      void readOrder(id).then((order) => {
        if ((here.get(id) ?? 0) >= order.version) return
        patch(order)
        if (data.actor === self) return
        setFresh((before) => new Set(before).add(id))
        window.setTimeout(() => setFresh((before) => {
          const after = new Set(before)
          after.delete(id)
          return after
        }), 5000)
      }).catch(() => undefined)
    }
  }, [patch, self]))

  const reload = useCallback(() => {
    setNews(0)
    void refetch()
  }, [refetch])

  const empty = rows.length === 0
  useEffect(() => { if (empty && news > 0) reload() }, [empty, news, reload])
  return { news, fresh, reload }
}
