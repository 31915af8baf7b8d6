// SPDX-License-Identifier: Apache-2.0
// What a verdict's buttons do. Only what is safe is done at once; what changes a setting shows its
// effect and asks first.
import { Button, Modal } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import { api, take } from '../api/client'
import { useSession } from '../api/session'
import type { Verdict } from '../api/types'
import { useLanguage, useT } from '../i18n'
import { may } from '../lib/permissions'
import { messageOf, toast } from '../parts/toast'

export type VerdictAction = Verdict['actions'][number]

const links = new Set(['open_order', 'open_settings', 'open_mapping'])
const settings = new Set(['add_status', 'switch_on'])

function target(action: VerdictAction, verdict: Verdict): string | null {
  const order = action.parameters.order ?? verdict.order_id
  if (action.kind === 'open_order') return order ? `/orders/${order}` : null
  if (action.kind === 'open_mapping') return `/settings/mappings?mall=${verdict.mall ?? ''}`
  return verdict.shop_id ? `/shops?shop=${verdict.shop_id}` : '/shops'
}

async function widen(verdict: Verdict, action: VerdictAction) {
  const shop = verdict.shop_id ?? ''
  const found = await take(api.GET('/shops/{id}', { params: { path: { id: shop } } }))
  const key = action.kind === 'switch_on' ? action.parameters.key ?? 'auto_fetch' : 'fetch_statuses'
  const before = String(found.settings[key] ?? '')
  if (action.kind === 'switch_on' && key === 'enabled') return take(api.PATCH('/shops/{id}', { params: { path: { id: shop } }, body: { enabled: true } }))
  const value = action.kind === 'switch_on' ? 'true' : [...new Set([...before.split(',').filter(Boolean), action.parameters.status ?? ''])].join(',')
  return take(api.PATCH('/shops/{id}', { params: { path: { id: shop } }, body: { settings: { [key]: value } } }))
}

async function perform(action: VerdictAction, verdict: Verdict): Promise<string | null> {
  const shop = verdict.shop_id ?? ''
  const number = action.parameters.no ?? verdict.order_no ?? ''
  const time = (name: string) => new Date(Number(action.parameters[name])).toISOString()
  switch (action.kind) {
    case 'import_order': return `/fetch/${(await take(api.POST('/shops/{id}/fetch', { params: { path: { id: shop } }, body: { order_numbers: [number] } }))).fetch_run.id}`
    case 'fill_gap': return `/fetch/${(await take(api.POST('/shops/{id}/fetch', { params: { path: { id: shop } }, body: { from: time('from'), to: time('to') } }))).fetch_run.id}`
    case 'retry_write': await take(api.POST('/writebacks/{id}/retry', { params: { path: { id: verdict.writeback_id ?? '' } } })); return null
    case 'reread': await take(api.POST('/orders/{id}/reread', { params: { path: { id: verdict.order_id ?? '' } } })); return null
    case 'test_shop': await take(api.POST('/shops/{id}/test', { params: { path: { id: shop } } })); return null
    default: await widen(verdict, action); return null
  }
}

/** The button of an action, with its dialog; `null` where the action leads nowhere. */
export function DiagnosisAction({ action, verdict, primary, onDone }: { action: VerdictAction; verdict: Verdict; primary?: boolean; onDone: () => void }) {
  const t = useT()
  const language = useLanguage()
  const [, navigate] = useLocation()
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const role = useSession().user.role
  const allowed = may(role, settings.has(action.kind) ? 'manager' : 'staff')
  const label = t(`diagnosis.do.${action.kind}`)
  const effect = (language === 'en' ? action.effect_en : action.effect_ja) ?? label
  const run = async () => {
    setBusy(true)
    try {
      const path = await perform(action, verdict)
      setAsking(false)
      toast({ message: t('diagnosis.done') })
      onDone()
      if (path) navigate(path)
    } catch (error) {
      toast({ message: messageOf(error), tone: 'failed' })
    } finally {
      setBusy(false)
    }
  }
  if (links.has(action.kind)) {
    const path = target(action, verdict)
    return path ? <Button size="xs" variant={primary ? 'filled' : 'default'} onClick={() => navigate(path)}>{label}</Button> : null
  }
  if (action.kind === 'retry_write' && !verdict.writeback_id) return null
  const dialog: ReactNode = asking && (
    <Modal opened onClose={() => setAsking(false)} title={label}>
      <div className="stack">
        <div className="notice">{t('diagnosis.confirm', { effect })}</div>
        <div className="line">
          <Button size="sm" loading={busy} onClick={() => void run()} data-autofocus>{t('diagnosis.do')}</Button>
          <Button size="sm" variant="default" onClick={() => setAsking(false)}>{t('common.stop')}</Button>
        </div>
      </div>
    </Modal>
  )
  return (
    <>
      <Button size="xs" variant={primary ? 'filled' : 'default'} disabled={!allowed} title={allowed ? effect : t(settings.has(action.kind) ? 'common.managerOnly' : 'common.staffOnly')} loading={busy} onClick={() => (settings.has(action.kind) || action.kind === 'fill_gap' ? setAsking(true) : void run())}>{label}</Button>
      {dialog}
    </>
  )
}
