// SPDX-License-Identifier: Apache-2.0
import { useLanguage, useT } from '../i18n'
import { dayOf, formatDay, rangeOf, type RangeName } from '../lib/dates'
import { Chip } from './Chip'
import { DateField } from './DateField'

type Props = {
  label: string; from: string; to: string; onChange: (from: string, to: string) => void
  basis?: { value: string; options: { value: string; label: string }[]; onChange: (value: string) => void }
}

const names: RangeName[] = ['today', 'yesterday', 'week', 'month', 'last_month']

export function RangeChip({ label, from, to, onChange, basis }: Props) {
  const t = useT()
  const language = useLanguage()
  const short = (day: string) => formatDay(day, language, false)
  const basisLabel = basis?.options.find((option) => option.value === basis.value)?.label ?? ''
  const value = from || to ? `${basis ? `${basisLabel} ` : ''}${from === to ? short(from) : `${short(from)}〜${short(to)}`}` : undefined
  return (
    <Chip label={label} value={value} onClear={() => onChange('', '')}>
      {(close) => (
        <div className="range-popover">
          {basis && (
            <div className="choice-list" role="group" aria-label={t('filter.dateBasis')}>
              {basis.options.map((option) => (
                <button key={option.value} type="button" className="choice" aria-pressed={option.value === basis.value} onClick={() => basis.onChange(option.value)}>{option.label}</button>
              ))}
            </div>
          )}
          <div className="line">
            {names.map((name) => (
              <button key={name} type="button" className="plain-button" onClick={() => { onChange(...rangeOf(name, dayOf(new Date()))); close() }}>{t(`range.${name}`)}</button>
            ))}
          </div>
          <div className="range-fields">
            <DateField label={t('filter.from')} hideLabel value={from} onChange={(day) => onChange(day, to && day > to ? day : to)} />
            <span aria-hidden="true">〜</span>
            <DateField label={t('filter.to')} hideLabel value={to} onChange={(day) => onChange(from && day && day < from ? day : from, day)} />
          </div>
        </div>
      )}
    </Chip>
  )
}
