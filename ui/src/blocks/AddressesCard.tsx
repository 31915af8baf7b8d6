// SPDX-License-Identifier: Apache-2.0
import { Button, Textarea } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { api, ifMatch, take, takeTagged } from '../api/client'
import { keys } from '../api/keys'
import { fieldErrors } from '../api/problem'
import { useSession } from '../api/session'
import { useT } from '../i18n'
import { may } from '../lib/permissions'
import { CopyButton } from '../parts/Badges'
import { messageOf, toast } from '../parts/toast'

/** Our addresses, to be registered where a mall lets in only known ones. */
export function AddressesCard() {
  const t = useT()
  const queries = useQueryClient()
  const allowed = may(useSession().user.role, 'owner')
  const query = useQuery({ queryKey: keys.outgoingAddresses, queryFn: () => takeTagged(api.GET('/outgoing-addresses')), placeholderData: undefined })
  const [text, setText] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const list = query.data?.data.addresses ?? []
  const entered = list.filter((item) => item.known_by === 'setting').map((item) => item.address).join('\n')
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      const addresses = (text ?? '').normalize('NFKC').split(/[\s,、]+/).filter(Boolean)
      await take(api.PUT('/outgoing-addresses', { headers: ifMatch(query.data?.tag ?? ''), body: { addresses } }))
      setText(null)
      toast({ message: t('addresses.saved') })
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
      await queries.invalidateQueries({ queryKey: keys.outgoingAddresses })
    }
  }
  return (
    <section className="card" aria-label={t('addresses.title')}>
      <div className="card-head"><h2>{t('addresses.title')}</h2></div>
      <div className="card-body stack">
        <p className="muted">{t('addresses.hint')}</p>
        {query.isSuccess && list.length === 0 && <p>{t('addresses.none')}</p>}
        {list.length > 0 && <ul className="changes">{list.map((item) => <li key={item.address}><code>{item.address}</code><CopyButton text={item.address} /> <span className="muted">{t(`addresses.${item.known_by}`)}</span></li>)}</ul>}
        {text === null ? <div><Button size="xs" variant="default" disabled={!allowed} title={allowed ? undefined : t('addresses.ownerOnly')} onClick={() => setText(entered)}>{t('addresses.edit')}</Button></div> : (
          <form className="stack" onSubmit={(event) => void submit(event)}>
            <Textarea size="xs" label={t('addresses.field')} value={text} autosize minRows={2} maxRows={8} spellCheck={false} error={Object.values(fieldErrors(error))[0]} onChange={(event) => setText(event.currentTarget.value)} data-autofocus />
            <div role="alert">{error !== null && <div className="notice" data-tone="red">{messageOf(error)}</div>}</div>
            <div className="line"><Button size="xs" type="submit" loading={busy}>{t('whatif.save')}</Button><Button size="xs" variant="default" onClick={() => { setText(null); setError(null) }}>{t('common.stop')}</Button></div>
          </form>
        )}
      </div>
    </section>
  )
}
