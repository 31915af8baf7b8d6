// SPDX-License-Identifier: Apache-2.0
import type { OrderFilter } from '../lib/query'

export const keys = {
  orders: (filter: OrderFilter) => ['orders', filter] as const,
  allOrders: ['orders'] as const,
  order: (id: string) => ['order', id] as const,
  orderEvents: (id: string) => ['order', id, 'events'] as const,
  orderRaw: (id: string) => ['order', id, 'raw'] as const,
  counts: (shop: string[]) => ['counts', shop] as const,
  allCounts: ['counts'] as const,
  workStatuses: ['work-statuses'] as const,
  carriers: ['carriers'] as const,
  malls: ['malls'] as const,
  shops: ['shops'] as const,
  health: ['shops', 'health'] as const,
  gaps: (shop: string) => ['gaps', shop] as const,
  settingsSchema: (mall: string) => ['settings-schema', mall] as const,
  fetchRuns: (filter: object) => ['fetch-runs', filter] as const,
  allFetchRuns: ['fetch-runs'] as const,
  fetchRun: (id: string) => ['fetch-run', id] as const,
  fetchItems: (id: string, outcome: string) => ['fetch-run', id, 'items', outcome] as const,
  listings: (filter: object) => ['listings', filter] as const,
  writebacks: (filter: object) => ['writebacks', filter] as const,
  allWritebacks: ['writebacks'] as const,
  writeback: (id: string) => ['writeback', id] as const,
}
