// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery, useQueryClient, type InfiniteData, type QueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { filterToApi, type OrderFilter } from '../lib/query'
import { api, take } from './client'
import { keys } from './keys'
import { usePreferences } from './preferences'
import type { Order, OrderPage, OrderRow } from './types'

type Pages = InfiniteData<OrderPage, string | undefined>

export function useOrderList(filter: OrderFilter, enabled = true) {
  const limit = usePreferences().page_size ?? 200
  const query = useInfiniteQuery({
    queryKey: keys.orders(filter),
    queryFn: ({ pageParam, signal }) => take(api.GET('/orders', { params: { query: { ...filterToApi(filter), limit, ...(pageParam && { cursor: pageParam }) } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 15_000,
    enabled,
  })
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.orders) ?? [], [query.data])
  return { ...query, rows, first: query.data?.pages[0] }
}

/** Changes rows in every cached list without fetching, so that nothing moves under the pointer. */
export function patchRows(queries: QueryClient, change: (row: OrderRow) => OrderRow) {
  queries.setQueriesData<Pages>({ queryKey: keys.allOrders }, (data) => {
    if (!data) return data
    return { ...data, pages: data.pages.map((page) => ({ ...page, orders: page.orders.map(change) })) }
  })
}

/** What the list shows of an order, as the server would put it on the row. */
export function rowPatch(order: Order): Partial<OrderRow> {
  const shipments = order.packages.flatMap((item) => item.shipments)
  const worst = order.writebacks.find((item) => ['blocked', 'rejected', 'drift'].includes(item.state)) ?? order.writebacks[0]
  return {
    version: order.version, work_status: order.work_status, order_state: order.order_state, payment_state: order.payment_state,
    shipment_state: order.shipment_state, hold: order.hold, mall_status: order.mall_status ?? null, mall_status_label: order.mall_status_label ?? null,
    memo: order.memo, marks: order.marks, updated_at: order.updated_at, fetched_at: order.fetched_at,
    carrier: shipments[0]?.carrier ?? null, ship_date: shipments[0]?.ship_date ?? null,
    tracking_numbers: shipments.flatMap((item) => (item.tracking_number ? [item.tracking_number] : [])),
    writeback_state: worst?.state ?? null,
  }
}

export function useOrderPatcher() {
  const queries = useQueryClient()
  return useMemo(() => (order: Order) => {
    queries.setQueryData(keys.order(order.id), order)
    const patch = rowPatch(order)
    patchRows(queries, (row) => (row.id === order.id ? { ...row, ...patch } : row))
  }, [queries])
}

export async function readOrder(id: string): Promise<Order> {
  return take(api.GET('/orders/{id}', { params: { path: { id } } }))
}

export const etag = (version: number) => `"${version}"`
