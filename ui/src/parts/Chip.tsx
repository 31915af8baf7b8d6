// SPDX-License-Identifier: Apache-2.0
import { Popover } from '@mantine/core'
import { IconChevronDown, IconX } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { useT } from '../i18n'

type Props = { label: string; value?: string | undefined; onClear: () => void; children: (close: () => void) => ReactNode }

/** A filter is one chip on one line; its menu opens over the table instead of pushing it down. */
export function Chip({ label, value, onClear, children }: Props) {
  const t = useT()
  const [open, setOpen] = useState(false)
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-start" shadow="md" withRoles={false} trapFocus returnFocus>
      <Popover.Target>
        <span className="chip" data-active={value !== undefined}>
          <button type="button" aria-haspopup="dialog" aria-expanded={open} onClick={() => setOpen(!open)}>
            {value === undefined ? label : `${label}: ${value}`}
            {value === undefined && <IconChevronDown size={13} aria-hidden="true" />}
          </button>
          {value !== undefined && (
            <button type="button" className="chip-clear" aria-label={t('filter.clearOne', { label })} onClick={onClear}><IconX size={13} aria-hidden="true" /></button>
          )}
        </span>
      </Popover.Target>
      <Popover.Dropdown role="dialog" aria-label={label}>{children(() => setOpen(false))}</Popover.Dropdown>
    </Popover>
  )
}

type ChoiceProps = { label: string; options: { value: string; label: string }[]; value: string; onChange: (value: string) => void }

export function ChoiceChip({ label, options, value, onChange }: ChoiceProps) {
  const chosen = options.find((option) => option.value === value)
  return (
    <Chip label={label} value={chosen?.label} onClear={() => onChange('')}>
      {(close) => (
        <div className="choice-list" role="group" aria-label={label}>
          {options.map((option) => (
            <button key={option.value} type="button" className="choice" aria-pressed={option.value === value} onClick={() => { onChange(option.value); close() }}>{option.label}</button>
          ))}
        </div>
      )}
    </Chip>
  )
}

type SeveralProps = { label: string; options: { value: string; label: string }[]; values: string[]; onChange: (values: string[]) => void }

export function SeveralChip({ label, options, values, onChange }: SeveralProps) {
  const first = options.find((option) => option.value === values[0])?.label ?? values[0]
  const shown = values.length === 0 ? undefined : values.length === 1 ? first : `${first} +${values.length - 1}`
  const toggle = (value: string) => onChange(values.includes(value) ? values.filter((other) => other !== value) : [...values, value])
  return (
    <Chip label={label} value={shown} onClear={() => onChange([])}>
      {() => (
        <div className="choice-list" role="group" aria-label={label}>
          {options.map((option) => (
            <label key={option.value} className="choice">
              <input type="checkbox" checked={values.includes(option.value)} onChange={() => toggle(option.value)} /> {option.label}
            </label>
          ))}
        </div>
      )}
    </Chip>
  )
}
