// SPDX-License-Identifier: Apache-2.0
import { ActionIcon, Popover, TextInput } from '@mantine/core'
import { DatePicker } from '@mantine/dates'
import { IconCalendar } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useLanguage, useT } from '../i18n'
import { dayOf, formatDay, parseDay } from '../lib/dates'
import { isIme } from '../lib/ime'

type Props = {
  label: string; hideLabel?: boolean; value: string; onChange: (day: string) => void
  error?: string | undefined; disabled?: boolean; className?: string; maximum?: string | undefined
}

function weekdayClass(day: string) {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay()
  return { className: weekday === 0 ? 'day-weekend-sun' : weekday === 6 ? 'day-weekend-sat' : undefined }
}

/** Typed first, clicked second. What is not a date stays in the field, with a message. */
export function DateField({ label, hideLabel, value, onChange, error, disabled, className, maximum }: Props) {
  const t = useT()
  const language = useLanguage()
  const [text, setText] = useState('')
  const [open, setOpen] = useState(false)
  const [wrong, setWrong] = useState(false)
  useEffect(() => {
    setText(value ? formatDay(value, language, false) : '')
    setWrong(false)
  }, [value, language])
  const take = () => {
    const day = text.trim() ? parseDay(text, dayOf(new Date())) : ''
    if (day === null) return setWrong(true)
    setWrong(false)
    setText(day ? formatDay(day, language, false) : '')
    if (day !== value) onChange(day)
  }
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-start" shadow="md" withRoles={false} trapFocus returnFocus>
      <Popover.Target>
        <TextInput
          size="xs" className={className} disabled={disabled} value={text} placeholder="YYYY/MM/DD" autoComplete="off"
          {...(hideLabel ? { 'aria-label': label } : { label })}
          error={wrong ? t('common.dateWrong') : error}
          onChange={(event) => setText(event.currentTarget.value)}
          onBlur={take}
          onKeyDown={(event) => { if (event.key === 'Enter' && !isIme(event)) take() }}
          rightSection={
            <ActionIcon variant="subtle" color="gray" size={26} disabled={disabled} aria-label={t('common.calendarOf', { label })} onClick={() => setOpen(!open)}>
              <IconCalendar size={15} />
            </ActionIcon>
          }
        />
      </Popover.Target>
      <Popover.Dropdown role="dialog" aria-label={label}>
        <DatePicker
          size="xs" value={value || null} defaultDate={value || dayOf(new Date())} maxDate={maximum}
          monthLabelFormat={language === 'ja' ? 'YYYY年M月' : 'MMM YYYY'} yearLabelFormat={language === 'ja' ? 'YYYY年' : 'YYYY'}
          getDayProps={weekdayClass} hideOutsideDates
          ariaLabels={{ previousMonth: t('common.previousMonth'), nextMonth: t('common.nextMonth'), previousYear: t('common.previousYear'), nextYear: t('common.nextYear'), monthLevelControl: t('common.chooseMonth'), yearLevelControl: t('common.chooseYear'), previousDecade: t('common.previousYear'), nextDecade: t('common.nextYear') }}
          onChange={(day) => { if (day) onChange(day); setOpen(false) }}
        />
      </Popover.Dropdown>
    </Popover>
  )
}
