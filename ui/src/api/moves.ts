// SPDX-License-Identifier: Apache-2.0
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { useT } from '../i18n'
import { count } from '../lib/money'
import { filterToApi, type OrderFilter } from '../lib/query'
import { offerUndo, toast, toastError } from '../parts/toast'
import { api, take } from './client'
import { keys } from './keys'
import { patchRows } from './orders'
import type { OrderCounts, Refusal, Undo, WorkStatus } from './types'

export type Target = { ids: string[] } | { filter: OrderFilter; expected: number }

function shiftCounts(counts: OrderCounts | undefined, moves: Map<string, string>, to: string): OrderCounts | undefined {
  if (!counts) return counts
  const next = { ...counts.counts }
  for (const from of moves.values()) {
    if (from === to) continue
    next[from] = Math.max(0, (next[from] ?? 0) - 1)
    next[to] = (next[to] ?? 0) + 1
  }
  return { ...counts, counts: next }
}

/** Status moves are shown at once, taken back by row when refused, and can be undone. */
export function useMoves() {
  const t = useT()
  const queries = useQueryClient()
  const [refusals, setRefusals] = useState<Refusal[]>([])

  const refresh = useCallback(() => {
    void queries.invalidateQueries({ queryKey: keys.allCounts })
    void queries.invalidateQueries({ queryKey: ['order'] })
  }, [queries])

  const undo = useCallback(async (token: Undo, before: Map<string, string>) => {
    try {
      const result = await take(api.POST('/undo/{token}', { params: { path: { token: token.token } } }))
      const kept = new Set(result.refused.map((item) => item.id))
      patchRows(queries, (row) => {
        const status = before.get(row.id)
        return status && !kept.has(row.id) ? { ...row, work_status: status, version: row.version + 1 } : row
      })
      if (before.size === 0) void queries.invalidateQueries({ queryKey: keys.allOrders })
      refresh()
      toast({ message: result.refused.length ? t('orders.undonePartly', { n: count(result.restored), m: count(result.refused.length) }) : t('orders.undone') })
      setRefusals(result.refused)
    } catch (error) {
      toastError(error)
    }
  }, [queries, refresh, t])

  const move = useCallback(async (target: Target, status: WorkStatus, known: Map<string, string>) => {
    const before = 'ids' in target ? new Map(target.ids.flatMap((id) => (known.has(id) ? [[id, known.get(id) ?? '']] as const : []))) : new Map<string, string>()
    patchRows(queries, (row) => (before.has(row.id) ? { ...row, work_status: status.id } : row))
    queries.setQueriesData<OrderCounts>({ queryKey: keys.counts([]), exact: true }, (counts) => shiftCounts(counts, before, status.id))
    const restore = (ids: Iterable<string>) => {
      const back = new Set(ids)
      patchRows(queries, (row) => (back.has(row.id) ? { ...row, work_status: before.get(row.id) ?? row.work_status } : row))
    }
    try {
      const body = 'ids' in target
        ? { action: 'move' as const, work_status: status.id, ids: target.ids }
        : { action: 'move' as const, work_status: status.id, query: filterToApi(target.filter), expected_count: target.expected }
      const result = await take(api.POST('/orders/bulk', { body }))
      restore(result.refused.map((item) => item.id))
      if (before.size === 0) void queries.invalidateQueries({ queryKey: keys.allOrders })
      refresh()
      const token = result.undo
      const values = { n: count(result.done), m: count(result.refused.length), status: status.name }
      const actions = []
      if (result.refused.length) actions.push({ label: t('orders.seeReasons'), run: () => setRefusals(result.refused) })
      if (token && result.done > 0) {
        const run = () => void undo(token, before)
        offerUndo(run)
        actions.push({ label: t('orders.undo'), run })
      }
      toast({ message: t(result.refused.length ? 'orders.movedPartly' : 'orders.moved', values), actions, tone: result.done === 0 && result.refused.length ? 'failed' : 'done' })
      return result
    } catch (error) {
      restore(before.keys())
      refresh()
      toastError(error)
      return null
    }
  }, [queries, refresh, t, undo])

  return { move, undo, refusals, clearRefusals: () => setRefusals([]) }
}
