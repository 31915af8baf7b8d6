// SPDX-License-Identifier: Apache-2.0
import { ActionIcon, Select, TextInput } from '@mantine/core'
import { IconExternalLink, IconTrash } from '@tabler/icons-react'
import type { KeyboardEvent } from 'react'
import { currentPreferences } from '../../api/preferences'
import type { Carrier, Order, OrderPackage } from '../../api/types'
import { useT } from '../../i18n'
import { dayOf } from '../../lib/dates'
import { isIme } from '../../lib/ime'
import { checkDigitOk, isDamagedNumber, normaliseTracking } from '../../lib/normalise'
import type { Parcel } from '../../lib/shipping'
import { DateField } from '../../parts/DateField'
import type { Ship } from './useShip'

type Props = { order: Order; item: OrderPackage; index: number; carriers: Carrier[]; ship: Ship; allowed: boolean }

/** A scanner ends each number with Enter: it goes on to the next number instead of submitting. */
function nextNumber(event: KeyboardEvent<HTMLInputElement>) {
  if (event.key !== 'Enter' || isIme(event) || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  const all = [...document.querySelectorAll<HTMLElement>('[data-tracking]')]
  const next = all[all.indexOf(event.currentTarget) + 1] ?? document.querySelector<HTMLElement>('[data-ship-save]')
  event.currentTarget.blur()
  next?.focus()
}

export function Parcels({ order, item, index, carriers, ship, allowed }: Props) {
  const t = useT()
  const { draft, errors } = ship
  const planned = item.carrier ?? ''
  const stored = draft.value.value[item.id] ?? []
  const blank: Parcel = { id: '', carrier: planned, tracking_number: '', ship_date: '' }
  const parcels = stored.length ? stored : [blank]
  const today = dayOf(new Date())
  const set = (next: Parcel[]) => draft.setValue({ ...draft.value, value: { ...draft.value.value, [item.id]: next } })
  const change = (at: number, part: Partial<Parcel>) => set(parcels.map((parcel, other) => {
    if (other !== at) return parcel
    const next = { ...parcel, ...part }
    if (part.tracking_number && !next.ship_date) next.ship_date = today
    if (part.tracking_number && !next.carrier) next.carrier = planned || String(currentPreferences().last_carrier ?? '')
    return next
  }))
  const warning = (parcel: Parcel): string | undefined => {
    if (!parcel.tracking_number) return undefined
    if (isDamagedNumber(parcel.tracking_number)) return t('ship.damaged')
    return checkDigitOk(parcel.carrier, parcel.tracking_number) ? undefined : t('ship.checkDigit')
  }
  return (
    <div className="parcels">
      {parcels.map((parcel, at) => {
        const path = `packages.${index}.shipments.${at}`
        const shown = item.shipments.find((shipment) => shipment.id === parcel.id)
        const warn = warning(parcel)
        const name = (label: string) => t('ship.field', { package: index + 1, parcel: at + 1, name: label })
        return (
          <div key={parcel.id || at} className="parcel">
            <span className="parcel-number muted">{t('ship.parcel', { n: at + 1 })}</span>
            <Select size="xs" aria-label={name(t('order.carrier'))} placeholder={t('order.carrier')} data={carriers.map((carrier) => ({ value: carrier.code, label: carrier.name }))} value={parcel.carrier || null} onChange={(value) => change(at, { carrier: value ?? '' })} error={errors[`${path}.carrier`]} disabled={!allowed} className="parcel-carrier" />
            <div className="parcel-tracking">
              <TextInput
                size="xs" aria-label={name(t('order.tracking'))} placeholder={t('order.tracking')} inputMode="numeric" autoComplete="off" maxLength={40} data-tracking value={parcel.tracking_number} disabled={!allowed}
                onChange={(event) => change(at, { tracking_number: event.currentTarget.value })}
                onBlur={(event) => { const clean = normaliseTracking(event.currentTarget.value); if (clean !== parcel.tracking_number && !isDamagedNumber(parcel.tracking_number)) change(at, { tracking_number: clean }) }}
                onKeyDown={nextNumber} error={errors[`${path}.tracking_number`]}
              />
              {warn && <span className="field-warning" role="status">{warn}</span>}
            </div>
            <div>
              <DateField label={name(t('order.shipDate'))} hideLabel value={parcel.ship_date} onChange={(day) => change(at, { ship_date: day })} error={errors[`${path}.ship_date`]} disabled={!allowed} className="parcel-date" />
              {parcel.ship_date > today && <span className="field-warning" role="status">{t(order.mall === 'amazon' ? 'ship.futureAmazon' : 'ship.future')}</span>}
            </div>
            {shown?.tracking_url && <a href={shown.tracking_url} target="_blank" rel="noreferrer noopener" className="line nowrap">{t('ship.track')}<IconExternalLink size={13} aria-hidden="true" /></a>}
            {allowed && (parcels.length > 1 || parcel.id) && <ActionIcon variant="subtle" color="gray" size="md" aria-label={t('ship.remove', { n: at + 1 })} onClick={() => set(parcels.filter((_, other) => other !== at))}><IconTrash size={15} /></ActionIcon>}
          </div>
        )
      })}
      {allowed && <button type="button" className="plain-button" onClick={() => set([...parcels, { ...blank, carrier: parcels.at(-1)?.carrier || planned, ship_date: parcels.at(-1)?.ship_date ?? '' }])}>{t('ship.add')}</button>}
    </div>
  )
}
