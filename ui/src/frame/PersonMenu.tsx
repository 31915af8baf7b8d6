// SPDX-License-Identifier: Apache-2.0
import { Button, Popover } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '../api/client'
import { setPreferences, usePreferences } from '../api/preferences'
import { sessionEnded, useSession } from '../api/session'
import { setLanguage, useLanguage, useT, type Language } from '../i18n'
import * as vocabulary from '../i18n/vocabulary'
import { toastError } from '../parts/toast'
import { PasswordDialog } from './PasswordDialog'

type ChoiceProps<V extends string> = { label: string; value: V; options: [V, string][]; onChange: (value: V) => void }

function Choice<V extends string>({ label, value, options, onChange }: ChoiceProps<V>) {
  return (
    <div className="setting">
      <span>{label}</span>
      <span className="seg" role="group" aria-label={label}>
        {options.map(([option, text]) => <button key={option} type="button" aria-pressed={option === value} onClick={() => onChange(option)}>{text}</button>)}
      </span>
    </div>
  )
}

export function PersonMenu({ onKeys }: { onKeys: () => void }) {
  const t = useT()
  const language = useLanguage()
  const session = useSession()
  const preferences = usePreferences()
  const queries = useQueryClient()
  const [open, setOpen] = useState(false)
  const [passwordOpen, setPasswordOpen] = useState(false)
  const chooseLanguage = (next: Language) => {
    setLanguage(next)
    setPreferences({ language: next })
    void queries.invalidateQueries()
  }
  const leave = async () => {
    try {
      await take(api.DELETE('/session'))
      sessionEnded()
    } catch (error) {
      toastError(error)
    }
  }
  return (
    <>
      <Popover opened={open} onChange={setOpen} position="bottom-end" shadow="md" trapFocus returnFocus>
        <Popover.Target>
          <Button variant="subtle" color="gray" size="xs" rightSection={<IconChevronDown size={14} aria-hidden="true" />} aria-haspopup="dialog" aria-expanded={open} onClick={() => setOpen(!open)}>{session.user.name}</Button>
        </Popover.Target>
        <Popover.Dropdown aria-label={t('person.settings')}>
          <div className="stack">
            <div><strong>{session.user.name}</strong> <span className="muted">{session.user.login} · {vocabulary.role[session.user.role][language]}</span></div>
            <Choice label={t('login.language')} value={language} options={[['ja', '日本語'], ['en', 'English']]} onChange={chooseLanguage} />
            <Choice label={t('person.scheme')} value={preferences.color_scheme ?? 'auto'} options={[['auto', t('person.schemeAuto')], ['light', t('person.schemeLight')], ['dark', t('person.schemeDark')]]} onChange={(value) => setPreferences({ color_scheme: value })} />
            <Choice label={t('person.density')} value={preferences.density ?? 'compact'} options={[['compact', t('person.compact')], ['comfortable', t('person.comfortable')]]} onChange={(value) => setPreferences({ density: value })} />
            <Choice label={t('person.shortcuts')} value={preferences.shortcuts ?? 'all'} options={[['all', t('person.keysAll')], ['modifiers', t('person.keysModifiers')], ['none', t('person.keysNone')]]} onChange={(value) => setPreferences({ shortcuts: value })} />
            <Choice label={t('person.after')} value={preferences.after_action ?? 'next'} options={[['next', t('person.afterNext')], ['stay', t('person.afterStay')], ['list', t('person.afterList')]]} onChange={(value) => setPreferences({ after_action: value })} />
            <div className="line">
              <Button size="xs" variant="default" onClick={() => { setOpen(false); onKeys() }}>{t('person.keyList')}</Button>
              <Button size="xs" variant="default" onClick={() => { setOpen(false); setPasswordOpen(true) }}>{t('person.password')}</Button>
              <Button size="xs" variant="default" onClick={() => void leave()}>{t('person.leave')}</Button>
            </div>
          </div>
        </Popover.Dropdown>
      </Popover>
      {passwordOpen && <PasswordDialog onClose={() => setPasswordOpen(false)} />}
    </>
  )
}
