// SPDX-License-Identifier: Apache-2.0
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, take } from './client'
import { keys } from './keys'
import type { WorkStatus } from './types'

const slow = 5 * 60_000

export function useWorkStatuses(): { list: WorkStatus[]; byId: Map<string, WorkStatus>; entry: WorkStatus | undefined } {
  const { data } = useQuery({ queryKey: keys.workStatuses, queryFn: () => take(api.GET('/work-statuses')), staleTime: slow })
  return useMemo(() => {
    const list = [...(data?.work_statuses ?? [])].sort((a, b) => a.position - b.position)
    return { list, byId: new Map(list.map((status) => [status.id, status])), entry: list.find((status) => status.role === 'entry') ?? list[0] }
  }, [data])
}

export function useShops() {
  const { data } = useQuery({ queryKey: keys.shops, queryFn: () => take(api.GET('/shops')), staleTime: slow })
  return data?.shops ?? []
}

export function useMalls() {
  const { data } = useQuery({ queryKey: keys.malls, queryFn: () => take(api.GET('/malls')), staleTime: slow })
  return data?.malls ?? []
}

export function useCarriers() {
  const { data } = useQuery({ queryKey: keys.carriers, queryFn: () => take(api.GET('/carriers')), staleTime: slow })
  return data?.carriers ?? []
}

export function useCounts(shop: string[] = []) {
  return useQuery({
    queryKey: keys.counts(shop),
    queryFn: () => take(api.GET('/orders/counts', { params: { query: shop.length ? { shop: shop.join(',') } : {} } })),
    staleTime: 15_000,
  }).data
}

export function useHealth() {
  return useQuery({ queryKey: keys.health, queryFn: () => take(api.GET('/shops/health')), staleTime: 15_000, refetchInterval: 60_000 })
}
