// SPDX-License-Identifier: Apache-2.0
import { TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useState, type FormEvent, type RefObject } from 'react'
import { useLocation } from 'wouter'
import { api, take } from '../api/client'
import { useT } from '../i18n'
import { isIme } from '../lib/ime'
import { emptyFilter, filterToSearch } from '../lib/query'
import { toastError } from '../parts/toast'

/** Any identifier, over every status; a single hit opens at once. */
export function Search({ input }: { input: RefObject<HTMLInputElement | null> }) {
  const t = useT()
  const [, navigate] = useLocation()
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const q = text.trim()
    if (!q || busy) return
    setBusy(true)
    try {
      const page = await take(api.GET('/orders', { params: { query: { status: 'all', q, limit: 2 } } }))
      const search = filterToSearch({ ...emptyFilter, status: 'all', q })
      const only = page.orders.length === 1 && !page.missing?.length ? page.orders[0] : undefined
      navigate(only ? `/orders/${only.id}${search}` : `/orders${search}`)
      setText('')
      input.current?.blur()
    } catch (error) {
      toastError(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form role="search" className="frame-search" onSubmit={(event) => void submit(event)}>
      <TextInput
        ref={input} size="xs" type="search" aria-label={t('frame.search')} placeholder={t('frame.searchPlaceholder')} value={text} autoComplete="off"
        leftSection={<IconSearch size={15} aria-hidden="true" />}
        onChange={(event) => setText(event.currentTarget.value)}
        onPaste={(event) => {
          const pasted = event.clipboardData.getData('text')
          if (!pasted.includes('\n')) return
          event.preventDefault()
          setText(pasted.split(/[\r\n\t]+/).filter(Boolean).join(','))
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && isIme(event)) event.preventDefault()
          if (event.key === 'Escape') input.current?.blur()
        }}
      />
    </form>
  )
}
