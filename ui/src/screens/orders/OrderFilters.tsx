// SPDX-License-Identifier: Apache-2.0
import { TextInput } from '@mantine/core'
import { IconColumns, IconSearch } from '@tabler/icons-react'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { useShops } from '../../api/hooks'
import { setPreferences, usePreferences } from '../../api/preferences'
import type { WorkStatusRole } from '../../api/types'
import { useLanguage, useT } from '../../i18n'
import * as vocabulary from '../../i18n/vocabulary'
import { isIme } from '../../lib/ime'
import { conditionCount, dateBases, withoutConditions, type DateBasis, type OrderFilter } from '../../lib/query'
import { Chip, ChoiceChip, SeveralChip } from '../../parts/Chip'
import { RangeChip } from '../../parts/RangeChip'
import { columnKeys, isShown } from './columns'

type Props = { filter: OrderFilter; onChange: (filter: OrderFilter) => void; role: WorkStatusRole | undefined }

function ListSearch({ value, onChange }: { value: string; onChange: (q: string) => void }) {
  const t = useT()
  const [text, setText] = useState(value)
  const timer = useRef<number | undefined>(undefined)
  const composing = useRef(false)
  useEffect(() => setText(value), [value])
  useEffect(() => () => window.clearTimeout(timer.current), [])
  const later = (next: string) => {
    window.clearTimeout(timer.current)
    if (!composing.current) timer.current = window.setTimeout(() => onChange(next.trim()), 300)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (composing.current) return
    window.clearTimeout(timer.current)
    onChange(text.trim())
  }
  return (
    <form onSubmit={submit}>
      <TextInput
        size="xs" className="list-search" type="search" aria-label={t('orders.searchList')} placeholder={t('orders.searchList')} autoComplete="off" value={text}
        leftSection={<IconSearch size={14} aria-hidden="true" />}
        onChange={(event) => { setText(event.currentTarget.value); later(event.currentTarget.value) }}
        onCompositionStart={() => { composing.current = true; window.clearTimeout(timer.current) }}
        onCompositionEnd={(event) => { composing.current = false; later(event.currentTarget.value) }}
        onKeyDown={(event) => { if (event.key === 'Enter' && isIme(event)) event.preventDefault() }}
      />
    </form>
  )
}

export function OrderFilters({ filter, onChange, role }: Props) {
  const t = useT()
  const language = useLanguage()
  const shops = useShops()
  const changed = usePreferences().hidden_columns ?? []
  const set = (change: Partial<OrderFilter>) => onChange({ ...filter, ...change })
  const marks = Object.entries(vocabulary.mark).map(([value, label]) => ({ value, label: label[language] }))
  const states = Object.entries(vocabulary.writebackState).map(([value, label]) => ({ value, label: label[language] }))
  const bases = dateBases.map((value) => ({ value, label: t(`filter.basis.${value}`) }))
  const toggle = (key: string) => {
    const name = `${role ?? 'all'}.${key}`
    setPreferences({ hidden_columns: changed.includes(name) ? changed.filter((other) => other !== name) : [...changed, name] })
  }
  return (
    <div className="filters">
      <ListSearch value={filter.q} onChange={(q) => { if (q !== filter.q) set({ q }) }} />
      <SeveralChip label={t('order.shop')} options={shops.map((shop) => ({ value: shop.id, label: shop.name }))} values={filter.shop} onChange={(shop) => set({ shop })} />
      <RangeChip label={t('filter.period')} from={filter.from} to={filter.to} onChange={(from, to) => set({ from, to })} basis={{ value: filter.basis, options: bases, onChange: (basis) => set({ basis: basis as DateBasis }) }} />
      <ChoiceChip label={t('order.marks')} options={[{ value: 'any', label: t('filter.anyMark') }, ...marks]} value={filter.mark} onChange={(mark) => set({ mark })} />
      <ChoiceChip label={t('filter.channel')} options={[{ value: 'auction', label: t('filter.auction') }]} value={filter.channel} onChange={(channel) => set({ channel })} />
      <ChoiceChip label={t('order.writeback')} options={[{ value: 'open', label: t('writebacks.open') }, { value: 'needs_person', label: t('writebacks.needsPerson') }, ...states.filter((state) => state.value !== 'blocked')]} value={filter.writeback} onChange={(writeback) => set({ writeback })} />
      {conditionCount(filter) > 0 && <button type="button" className="plain-button" onClick={() => onChange(withoutConditions(filter))}>{t('filter.clear')}</button>}
      <span className="grow" />
      <Chip label={t('orders.columns')} onClear={() => undefined}>
        {() => (
          <div className="choice-list" role="group" aria-label={t('orders.columns')}>
            <span className="line muted"><IconColumns size={14} aria-hidden="true" />{t('orders.columnsHint')}</span>
            {columnKeys.map((key) => (
              <label key={key} className="choice"><input type="checkbox" checked={isShown(key, role, changed)} onChange={() => toggle(key)} /> {t(`column.${key}`)}</label>
            ))}
            <button type="button" className="plain-button" onClick={() => setPreferences({ hidden_columns: changed.filter((name) => !name.startsWith(`${role ?? 'all'}.`)) })}>{t('orders.columnsReset')}</button>
          </div>
        )}
      </Chip>
    </div>
  )
}

