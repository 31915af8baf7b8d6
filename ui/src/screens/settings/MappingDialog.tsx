// SPDX-License-Identifier: Apache-2.0
import { Button, Modal, Select, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { api, take } from '../../api/client'
import { keys } from '../../api/keys'
import { fieldErrors } from '../../api/problem'
import type { Mapping, MappingChange, MappingKind, MappingList } from '../../api/types'
import { WhatIfView } from '../../blocks/WhatIfView'
import { useT } from '../../i18n'
import { count } from '../../lib/money'
import { messageOf, toast } from '../../parts/toast'

export type Subject = { mall: string; kind: MappingKind; value: string; label?: string | null; proposal?: string | null; mapping?: Mapping | undefined; fresh?: boolean }
type Props = { subject: Subject; mallName: string; choices: MappingList['choices']; word: (kind: MappingKind, value: string) => string; onClose: () => void }

/** One value of a mall and what it means here; tells what the choice would change before it is saved. */
export function MappingDialog({ subject, mallName, choices, word, onClose }: Props) {
  const t = useT()
  const queries = useQueryClient()
  const { mapping, kind } = subject
  const [value, setValue] = useState(subject.value)
  const [ours, setOurs] = useState(mapping?.own ?? subject.proposal ?? mapping?.default ?? '')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const wanted = kind === 'delivery' ? 'carrier' : kind
  const options = choices.filter((choice) => choice.kind === wanted).map((choice) => ({ value: choice.code, label: choice.label }))
  const complete = value.trim() !== '' && ours !== '' && (kind !== 'slot' || /^(午前中|午後|その他|\d\d:00-\d\d:00)$/.test(ours))
  const body = (our_value: string | null): MappingChange => ({ mall: subject.mall, kind, direction: mapping?.direction ?? 'both', mall_value: value.trim(), our_value, version: mapping?.version ?? 0 })
  const effect = useQuery({ queryKey: keys.mappings({ what_if: body(ours) }), queryFn: () => take(api.POST('/mappings/what-if', { body: body(ours) })), enabled: complete, placeholderData: undefined, retry: false })
  const store = async (our_value: string | null) => {
    setBusy(true)
    setError(null)
    try {
      const answer = await take(api.PUT('/mappings', { body: body(our_value) }))
      toast({ message: answer.rereading ? t('mappings.rereading', { n: count(answer.rereading) }) : t('mappings.saved') })
      await queries.invalidateQueries({ queryKey: keys.allMappings })
      onClose()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (complete) void store(ours)
  }
  const errors = fieldErrors(error)
  return (
    <Modal opened onClose={onClose} title={t('mappings.dialog', { mall: mallName, kind: t(`mappings.${kind}`) })} size="xl">
      <form className="stack" onSubmit={submit}>
        {subject.fresh
          ? <TextInput size="sm" label={t('mappings.value')} value={value} maxLength={100} error={errors.mall_value} onChange={(event) => setValue(event.currentTarget.value)} data-autofocus />
          : <p><strong>{subject.label ?? value}</strong>{subject.label && subject.label !== value && <span className="muted"> {value}</span>}</p>}
        {mapping && mapping.default !== null && <p className="muted">{t('mappings.defaultIs', { value: word(kind, mapping.default) })}</p>}
        {kind === 'slot' ? (
          <>
            <TextInput size="sm" label={t('mappings.ours')} description={t('mappings.slotHint')} value={ours} list="our-slots" maxLength={40} error={errors.our_value} onChange={(event) => setOurs(event.currentTarget.value)} {...(!subject.fresh && { 'data-autofocus': true })} />
            <datalist id="our-slots">{options.map((option) => <option key={option.value} value={option.value} />)}</datalist>
          </>
        ) : <Select size="sm" label={t('mappings.ours')} data={options} value={ours || null} searchable openOnFocus={false} error={errors.our_value} onChange={(next) => setOurs(next ?? '')} {...(!subject.fresh && { 'data-autofocus': true })} />}
        {complete && <WhatIfView result={effect.data} error={effect.error} kind="orders" word={(text) => word(kind, text)} />}
        <div role="alert">{error !== null && <div className="notice" data-tone="red">{messageOf(error)}</div>}</div>
        <div className="line">
          <Button size="sm" type="submit" loading={busy} disabled={!complete}>{t('whatif.save')}</Button>
          <Button size="sm" variant="default" onClick={onClose}>{t('common.stop')}</Button>
          <span className="grow" />
          {mapping && mapping.own !== null && <Button size="sm" variant="default" loading={busy} onClick={() => void store(null)}>{t(mapping.default === null ? 'mappings.remove' : 'mappings.reset')}</Button>}
        </div>
      </form>
    </Modal>
  )
}
