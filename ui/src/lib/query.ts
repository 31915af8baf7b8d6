// SPDX-License-Identifier: Apache-2.0
import { isDay } from './dates'

export const dateBases = ['ordered_at', 'fetched_at', 'updated_at', 'ship_date'] as const
export type DateBasis = (typeof dateBases)[number]

export type OrderFilter = {
  status: string
  shop: string[]
  q: string
  basis: DateBasis
  from: string
  to: string
  mark: string
  channel: string
  writeback: string
  sort: '' | 'ordered_at' | '-ordered_at'
}

export const emptyFilter: OrderFilter = { status: '', shop: [], q: '', basis: 'ordered_at', from: '', to: '', mark: '', channel: '', writeback: '', sort: '' }

/** The address is typed, sent and stored by people: what is not understood is dropped, never passed on. */
export function parseFilter(search: string): OrderFilter {
  const params = new URLSearchParams(search)
  const day = (name: string) => {
    const value = params.get(name) ?? ''
    return isDay(value) ? value : ''
  }
  const basis = params.get('basis') as DateBasis | null
  const sort = params.get('sort')
  return {
    status: params.get('status') ?? '',
    shop: (params.get('shop') ?? '').split(',').filter(Boolean),
    q: params.get('q') ?? '',
    basis: basis && dateBases.includes(basis) ? basis : 'ordered_at',
    from: day('from'),
    to: day('to'),
    mark: params.get('mark') ?? '',
    channel: params.get('channel') === 'auction' ? 'auction' : '',
    writeback: params.get('writeback') ?? '',
    sort: sort === 'ordered_at' || sort === '-ordered_at' ? sort : '',
  }
}

export function filterToSearch(filter: OrderFilter): string {
  const params = new URLSearchParams()
  if (filter.status) params.set('status', filter.status)
  if (filter.shop.length) params.set('shop', filter.shop.join(','))
  if (filter.q) params.set('q', filter.q)
  if (filter.basis !== 'ordered_at' && (filter.from || filter.to)) params.set('basis', filter.basis)
  if (filter.from) params.set('from', filter.from)
  if (filter.to) params.set('to', filter.to)
  if (filter.mark) params.set('mark', filter.mark)
  if (filter.channel) params.set('channel', filter.channel)
  if (filter.writeback) params.set('writeback', filter.writeback)
  if (filter.sort) params.set('sort', filter.sort)
  const text = params.toString().replaceAll('%2C', ',')
  return text ? `?${text}` : ''
}

export function filterToApi(filter: OrderFilter) {
  return {
    status: filter.status || 'all',
    ...(filter.shop.length && { shop: filter.shop.join(',') }),
    ...(filter.q && { q: filter.q }),
    ...((filter.from || filter.to) && { date_basis: filter.basis }),
    ...(filter.from && { from: filter.from }),
    ...(filter.to && { to: filter.to }),
    ...(filter.mark && { mark: filter.mark }),
    ...(filter.channel === 'auction' && { channel: 'auction' as const }),
    ...(filter.writeback && { writeback: filter.writeback }),
    ...(filter.sort && { sort: filter.sort }),
  }
}

/** Conditions beside the tab, which may hide orders of the tab. */
export function conditionCount(filter: OrderFilter): number {
  return [filter.shop.length > 0, filter.q !== '', filter.from !== '' || filter.to !== '', filter.mark !== '', filter.channel !== '', filter.writeback !== ''].filter(Boolean).length
}

export function withoutConditions(filter: OrderFilter): OrderFilter {
  return { ...emptyFilter, status: filter.status, sort: filter.sort }
}
