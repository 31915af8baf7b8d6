// SPDX-License-Identifier: Apache-2.0
import { Button, TextInput } from '@mantine/core'
import { IconGripVertical } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState, type DragEvent, type KeyboardEvent } from 'react'
import { api, ifMatch, take, takeTagged } from '../../api/client'
import { useCounts } from '../../api/hooks'
import { keys } from '../../api/keys'
import { fieldErrors } from '../../api/problem'
import { useSession } from '../../api/session'
import type { WorkStatus, WorkStatusRole } from '../../api/types'
import { useT } from '../../i18n'
import { randomId } from '../../lib/ids'
import { count } from '../../lib/money'
import { may } from '../../lib/permissions'
import { Loading, ProblemView } from '../../parts/States'
import { messageOf } from '../../parts/toast'
import { useTagged } from './useTagged'

type Row = { key: string; id?: string; name: string; colour: WorkStatus['colour']; role: WorkStatusRole }
const roles: WorkStatusRole[] = ['entry', 'hold', 'wait_payment', 'wait_stock', 'ready', 'work', 'shipped', 'done', 'cancelled']
const colours: WorkStatus['colour'][] = ['gray', 'blue', 'cyan', 'teal', 'green', 'lime', 'yellow', 'orange', 'red', 'pink', 'grape', 'violet', 'indigo']
const read = () => takeTagged(api.GET('/work-statuses'))
const rowOf = (status: WorkStatus): Row => ({ key: status.id, id: status.id, name: status.name, colour: status.colour, role: status.role })
const plain = (rows: Row[]) => rows.map(({ id, name, colour, role }) => ({ ...(id && { id }), name: name.trim(), colour, role }))

export function StatusesPage() {
  const t = useT()
  const queries = useQueryClient()
  const allowed = may(useSession().user.role, 'manager')
  const counts = useCounts()?.counts ?? {}
  const { query, save, busy, error } = useTagged(keys.statusSettings, read)
  const [edited, setEdited] = useState<Row[] | null>(null)
  const [said, setSaid] = useState('')
  const dragged = useRef<number | null>(null)
  const table = useRef<HTMLTableElement>(null)
  if (query.isError && !query.data) return <ProblemView error={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Loading />
  const stored = query.data.data.work_statuses.map(rowOf)
  const rows = edited ?? stored
  const dirty = JSON.stringify(plain(rows)) !== JSON.stringify(plain(stored))
  const errors = fieldErrors(error)
  const set = (index: number, part: Partial<Row>) => setEdited(rows.map((row, at) => (at === index ? { ...row, ...part } : row)))
  const move = (from: number, to: number) => {
    const row = rows[from]
    if (!row || to < 0 || to >= rows.length || from === to) return
    const next = rows.filter((_, at) => at !== from)
    next.splice(to, 0, row)
    setEdited(next)
    setSaid(t('statuses.moved', { name: row.name, n: to + 1 }))
  }
  const onKey = (event: KeyboardEvent, index: number) => {
    const to = event.key === 'ArrowUp' ? index - 1 : event.key === 'ArrowDown' ? index + 1 : event.key === 'Home' ? 0 : event.key === 'End' ? rows.length - 1 : index
    if (to === index) return
    event.preventDefault()
    move(index, to)
  }
  const onDrop = (event: DragEvent, index: number) => {
    event.preventDefault()
    if (dragged.current !== null) move(dragged.current, index)
    dragged.current = null
  }
  const store = async () => {
    if (await save((tag) => take(api.PUT('/work-statuses', { headers: ifMatch(tag), body: { work_statuses: plain(rows) } })))) {
      setEdited(null)
      void queries.invalidateQueries({ queryKey: keys.workStatuses })
      void queries.invalidateQueries({ queryKey: keys.allCounts })
    }
  }
  const add = () => {
    setEdited([...rows, { key: randomId(), name: t('statuses.new'), colour: 'gray', role: 'work' }])
    window.requestAnimationFrame(() => table.current?.querySelector<HTMLInputElement>('tbody tr:last-child input')?.select())
  }
  return (
    <>
      <div className="card simple-scroll" tabIndex={0} role="region" aria-label={t('settings.statuses')}>
        <table className="simple statuses" ref={table}>
          <thead><tr><th scope="col"><span className="offscreen">{t('statuses.order')}</span></th><th scope="col">{t('statuses.name')}</th><th scope="col">{t('statuses.colour')}</th><th scope="col">{t('statuses.role')}</th><th scope="col" className="number">{t('statuses.count')}</th><th scope="col"><span className="offscreen">{t('common.actions')}</span></th></tr></thead>
          <tbody>
            {rows.map((row, index) => {
              const held = row.id ? counts[row.id] ?? 0 : 0
              return (
                <tr key={row.key} onDragOver={(event) => event.preventDefault()} onDrop={(event) => onDrop(event, index)}>
                  <td><button type="button" className="grip" draggable={allowed} disabled={!allowed} aria-label={t('statuses.grip', { name: row.name })} onDragStart={() => { dragged.current = index }} onKeyDown={(event) => onKey(event, index)}><IconGripVertical size={16} aria-hidden="true" /></button></td>
                  <td><span className="line nowrap"><span className="dot" style={{ background: `var(--mantine-color-${row.colour}-6)` }} aria-hidden="true" /><TextInput size="xs" aria-label={t('statuses.nameOf', { n: index + 1 })} disabled={!allowed} value={row.name} maxLength={40} error={errors[`work_statuses.${index}.name`]} onChange={(event) => set(index, { name: event.currentTarget.value })} /></span></td>
                  <td><select className="small-select" aria-label={t('statuses.colourOf', { name: row.name })} disabled={!allowed} value={row.colour} onChange={(event) => set(index, { colour: event.currentTarget.value as Row['colour'] })}>{colours.map((colour) => <option key={colour} value={colour}>{t(`colour.${colour}`)}</option>)}</select></td>
                  <td><select className="small-select" aria-label={t('statuses.roleOf', { name: row.name })} disabled={!allowed} value={row.role} onChange={(event) => set(index, { role: event.currentTarget.value as WorkStatusRole })}>{roles.map((role) => <option key={role} value={role}>{t(`role.${role}`)}</option>)}</select></td>
                  <td className="number">{count(held)}</td>
                  <td><Button size="compact-xs" variant="default" disabled={!allowed || held > 0} title={held > 0 ? t('statuses.holds', { n: count(held) }) : undefined} aria-label={t('statuses.archiveOf', { name: row.name })} onClick={() => setEdited(rows.filter((_, at) => at !== index))}>{t('statuses.archive')}</Button></td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      <div className="offscreen" role="status">{said}</div>
      <div><Button size="xs" variant="default" disabled={!allowed} title={allowed ? undefined : t('common.managerOnly')} onClick={add}>{t('statuses.add')}</Button></div>
      <div role="alert">{error !== null && dirty && <div className="notice" data-tone="red">{messageOf(error)}</div>}</div>
      {dirty && <div className="save-bar line"><Button size="xs" loading={busy} onClick={() => void store()}>{t('whatif.save')}</Button><Button size="xs" variant="default" onClick={() => setEdited(null)}>{t('common.discard')}</Button></div>}
    </>
  )
}
