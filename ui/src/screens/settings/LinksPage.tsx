// SPDX-License-Identifier: Apache-2.0
import { Button, Checkbox } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ifMatch, take, takeTagged } from '../../api/client'
import { useMalls, useShops, useWorkStatuses } from '../../api/hooks'
import { keys } from '../../api/keys'
import { useSession } from '../../api/session'
import type { StatusLink, WhatIf } from '../../api/types'
import { WhatIfDialog } from '../../blocks/WhatIfView'
import { useLanguage, useT } from '../../i18n'
import * as vocabulary from '../../i18n/vocabulary'
import { count } from '../../lib/money'
import { may } from '../../lib/permissions'
import { Badge } from '../../parts/Badges'
import { Empty, Loading, ProblemView } from '../../parts/States'
import { toastError } from '../../parts/toast'
import { useTagged } from './useTagged'

type Change = { enabled: boolean; target: string | null; reset?: boolean }
const read = () => takeTagged(api.GET('/status-links'))
const cellOf = (mall: string, status: string) => `${mall}/${status}`

export function LinksPage() {
  const t = useT()
  const language = useLanguage()
  const queries = useQueryClient()
  const allowed = may(useSession().user.role, 'manager')
  const malls = useMalls()
  const shops = useShops()
  const { list: statuses } = useWorkStatuses()
  const { query, save, busy } = useTagged(keys.statusLinks, read)
  const [changes, setChanges] = useState<Map<string, Change>>(new Map())
  const [every, setEvery] = useState(false)
  const [asking, setAsking] = useState(false)
  const [effect, setEffect] = useState<WhatIf>()
  if (query.isError && !query.data) return <ProblemView error={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Loading />
  const links = new Map(query.data.data.status_links.map((link) => [cellOf(link.mall, link.work_status), link]))
  const shown = malls.filter((mall) => every || shops.some((shop) => shop.mall === mall.mall))
  const mallName = (mall: string, name: string) => vocabulary.mallShort[mall]?.[language] ?? name
  const body = { status_links: [...changes].map(([cell, change]) => { const [mall = '', work_status = ''] = cell.split('/'); return { mall, work_status, ...change } }) }
  const change = (link: StatusLink, next: Change) => {
    const map = new Map(changes)
    const same = next.enabled === link.enabled && (next.target ?? '') === (link.target ?? '')
    if (same && !next.reset) map.delete(cellOf(link.mall, link.work_status))
    else map.set(cellOf(link.mall, link.work_status), next)
    setChanges(map)
  }
  const ask = async () => {
    setEffect(undefined)
    setAsking(true)
    try {
      setEffect(await take(api.POST('/status-links/what-if', { body })))
    } catch (error) {
      setAsking(false)
      toastError(error)
    }
  }
  const store = async () => {
    if (await save((tag) => take(api.PUT('/status-links', { headers: ifMatch(tag), body })))) {
      setChanges(new Map())
      void queries.invalidateQueries({ queryKey: keys.allWritebacks })
    }
    setAsking(false)
  }
  const targetName = (mall: string, code: string) => malls.find((item) => item.mall === mall)?.ship_targets?.find((item) => item.code === code)?.label
  const word = (value: string) => value === 'on' || value === 'off' ? t(`value.${value}`) : shown.map((mall) => targetName(mall.mall, value)).find(Boolean) ?? value
  return (
    <>
      <Checkbox size="xs" label={t('links.allMalls')} checked={every} onChange={(event) => setEvery(event.currentTarget.checked)} />
      {shown.length === 0 ? <Empty title={t('links.none')} /> : (
        <div className="card simple-scroll" tabIndex={0} role="region" aria-label={t('settings.links')}>
          <table className="simple links">
            <thead><tr><th scope="col">{t('links.status')}</th>{shown.map((mall) => <th key={mall.mall} scope="col"><span className="mall-dot" data-mall={mall.mall} aria-hidden="true" />{mallName(mall.mall, mall.name)}</th>)}</tr></thead>
            <tbody>
              {statuses.map((status) => (
                <tr key={status.id}>
                  <th scope="row"><span className="line"><span className="dot" style={{ background: `var(--mantine-color-${status.colour}-6)` }} aria-hidden="true" />{status.name}</span><span className="muted">{t('links.role', { role: t(`role.${status.role}`) })}</span></th>
                  {shown.map((mall) => {
                    const link = links.get(cellOf(mall.mall, status.id))
                    if (!link) return <td key={mall.mall}>—</td>
                    const now = changes.get(cellOf(mall.mall, status.id)) ?? { enabled: link.enabled, target: link.target ?? null }
                    const names = { mall: mallName(mall.mall, mall.name), status: status.name }
                    return (
                      <td key={mall.mall} data-changed={changes.has(cellOf(mall.mall, status.id)) || undefined}>
                        <div className="link-cell">
                          <label className="line tick-label"><input type="checkbox" role="switch" className="switch" aria-label={t('links.enable', names)} disabled={!allowed} checked={now.enabled} onChange={() => change(link, { enabled: !now.enabled, target: now.target })} /><span aria-hidden="true">{t(now.enabled ? 'links.enabled' : 'value.off')}</span></label>
                          {now.enabled && (mall.ship_targets?.length ?? 0) > 0 && (
                            <select className="small-select" aria-label={t('links.target', names)} disabled={!allowed} value={now.target ?? ''} onChange={(event) => change(link, { enabled: now.enabled, target: event.currentTarget.value || null })}>
                              <option value="">{t('links.usual')}</option>
                              {mall.ship_targets?.map((target) => <option key={target.code} value={target.code}>{target.label}</option>)}
                            </select>
                          )}
                          {(link.waiting ?? 0) > 0 && <Badge tone="yellow">{t('links.waiting', { n: count(link.waiting ?? 0) })}</Badge>}
                          {link.own && !now.reset
                            ? <button type="button" className="plain-button" disabled={!allowed} aria-label={t('links.resetOf', names)} onClick={() => change(link, { enabled: link.enabled_by_default ?? false, target: null, reset: true })}>{t('links.reset')}</button>
                            : <span className="muted">{t('settings.default')}</span>}
                        </div>
                      </td>
                    )
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {changes.size > 0 && <div className="save-bar line"><span role="status">{t('settings.unsaved', { n: changes.size })}</span><Button size="xs" onClick={() => void ask()}>{t('settings.check')}</Button><Button size="xs" variant="default" onClick={() => setChanges(new Map())}>{t('common.discard')}</Button></div>}
      {asking && <WhatIfDialog result={effect} kind="notices" word={word} busy={busy} onClose={() => setAsking(false)} onSave={() => void store()} />}
    </>
  )
}
