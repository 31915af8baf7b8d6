// SPDX-License-Identifier: Apache-2.0
import { Popover, TextInput } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { useT } from '../i18n'
import { isIme } from '../lib/ime'

type Status = { id: string; name: string; colour: string }
type Props = { statuses: Status[]; current?: string | undefined; open: boolean; onOpen: (open: boolean) => void; onPick: (id: string) => void; children: ReactNode }

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** A menu with typing: M, a few letters, Enter. */
export function StatusPicker({ statuses, current, open, onOpen, onPick, children }: Props) {
  const t = useT()
  const [text, setText] = useState('')
  const shown = statuses.filter((status) => status.id !== current && fold(status.name).includes(fold(text)))
  const pick = (id: string | undefined) => {
    if (!id) return
    onOpen(false)
    setText('')
    onPick(id)
  }
  return (
    <Popover opened={open} onChange={onOpen} position="top-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>{children}</Popover.Target>
      <Popover.Dropdown aria-label={t('orders.move')}>
        <TextInput
          size="xs" data-autofocus aria-label={t('orders.moveTo')} placeholder={t('orders.moveTo')} value={text} autoComplete="off"
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (isIme(event)) return
            if (event.key === 'Enter') pick(shown[0]?.id)
          }}
        />
        <div className="choice-list picker-list" role="group" aria-label={t('orders.moveTo')}>
          {shown.map((status) => (
            <button key={status.id} type="button" className="choice" onClick={() => pick(status.id)}>
              <span className="dot" style={{ background: `var(--mantine-color-${status.colour}-6)` }} aria-hidden="true" />{status.name}
            </button>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
