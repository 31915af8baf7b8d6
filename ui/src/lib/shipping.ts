// SPDX-License-Identifier: Apache-2.0
import type { Values } from './conflict'

export type Parcel = { id: string; carrier: string; tracking_number: string; ship_date: string }
export type ShipValue = Record<string, Parcel[]>
type PackageLike = { id: string; carrier?: string | null; shipments: { id: string; carrier?: string | null; tracking_number?: string | null; ship_date?: string | null }[] }

export function shipValueOf(packages: PackageLike[]): ShipValue {
  return Object.fromEntries(packages.map((item) => [item.id, item.shipments.map((shipment) => ({
    id: shipment.id, carrier: shipment.carrier ?? '', tracking_number: shipment.tracking_number ?? '', ship_date: shipment.ship_date ?? '',
  }))]))
}

/** An empty first parcel is offered for typing; it is nothing until something is in it. */
export function isBlank(parcel: Parcel, planned: string): boolean {
  return !parcel.id && !parcel.tracking_number && !parcel.ship_date && (parcel.carrier === '' || parcel.carrier === planned)
}

export function toPackages(value: ShipValue, planned: Record<string, string>) {
  return Object.entries(value).map(([packageId, parcels]) => ({
    package_id: packageId,
    shipments: parcels.filter((parcel) => !isBlank(parcel, planned[packageId] ?? '')).map((parcel) => ({
      ...(parcel.id && { id: parcel.id }),
      carrier: parcel.carrier || null, tracking_number: parcel.tracking_number || null, ship_date: parcel.ship_date || null,
    })),
  }))
}

const fields = ['id', 'carrier', 'tracking_number', 'ship_date'] as const

export function flatten(value: ShipValue): Values {
  const out: Values = {}
  for (const [packageId, parcels] of Object.entries(value)) {
    parcels.forEach((parcel, at) => {
      for (const field of fields) out[`${packageId}/${at}/${field}`] = parcel[field]
    })
  }
  return out
}

export function unflatten(values: Values, packageIds: string[]): ShipValue {
  const out: ShipValue = Object.fromEntries(packageIds.map((id) => [id, []]))
  for (const [path, text] of Object.entries(values)) {
    const [packageId = '', at = '0', field = ''] = path.split('/')
    const parcels = (out[packageId] ??= [])
    const parcel = (parcels[Number(at)] ??= { id: '', carrier: '', tracking_number: '', ship_date: '' })
    parcel[field as (typeof fields)[number]] = text
  }
  for (const id of Object.keys(out)) out[id] = (out[id] ?? []).filter((parcel) => parcel && (parcel.id || parcel.carrier || parcel.tracking_number || parcel.ship_date))
  return out
}
