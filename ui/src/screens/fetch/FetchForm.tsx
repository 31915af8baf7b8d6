// SPDX-License-Identifier: Apache-2.0
import { Button, Select, Textarea } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { api, take } from '../../api/client'
import { useHealth, useMalls, useShops } from '../../api/hooks'
import { useSession } from '../../api/session'
import type { FetchRequest } from '../../api/types'
import { useT } from '../../i18n'
import { addDays, dayOf, dayToInstant, formatTime, rangeOf, type RangeName } from '../../lib/dates'
import { looksLikeOrderNumber, splitOrderNumbers } from '../../lib/normalise'
import { may } from '../../lib/permissions'
import { HealthBadge, ShopName } from '../../parts/Badges'
import { DateField } from '../../parts/DateField'
import { Empty } from '../../parts/States'
import { messageOf } from '../../parts/toast'
import { FileImport } from './FileImport'
import { RunView } from './RunView'

const modes = ['range', 'numbers', 'status', 'file'] as const
type Mode = (typeof modes)[number]
const ranges: RangeName[] = ['today', 'yesterday', 'week', 'month']

export function FetchForm({ shop: initialShop, numbers: initialNumbers }: { shop: string; numbers: string[] }) {
  const t = useT()
  const shops = useShops()
  const malls = useMalls()
  const health = useHealth().data?.shops ?? []
  const allowed = may(useSession().user.role, 'staff')
  const [chosenShop, setShop] = useState<string | null>(initialShop || null)
  const [mode, setMode] = useState<Mode>(initialNumbers.length ? 'numbers' : 'range')
  const today = dayOf(new Date())
  const [from, setFrom] = useState(addDays(today, -1))
  const [to, setTo] = useState(today)
  const [numbers, setNumbers] = useState(initialNumbers.join('\n'))
  const [statuses, setStatuses] = useState<string[]>([])
  const [withRange, setWithRange] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const [run, setRun] = useState<string | null>(null)

  if (!shops.length) return <Empty title={t('shops.none')}><span>{t('shops.noneHint')}</span></Empty>
  const shop = shops.find((item) => item.id === chosenShop) ?? shops[0]
  if (!shop) return null
  const mall = malls.find((item) => item.mall === shop.mall)
  const available = modes.filter((item) => item === 'status' ? (mall?.statuses.length ?? 0) > 0 : item === 'file' ? !mall || mall.doors.includes('file') : true)
  const active = available.includes(mode) ? mode : 'range'
  const list = splitOrderNumbers(numbers)
  const strange = list.filter((number) => !looksLikeOrderNumber(number))
  const state = health.find((item) => item.shop_id === shop.id)
  const reach = mall?.reach_back_days
  const tooOld = reach && from && from < addDays(today, -reach) ? t('fetch.tooOld', { days: reach, day: addDays(today, -reach).replaceAll('-', '/') }) : undefined

  const problem = active === 'range' ? (!from || !to ? t('fetch.needRange') : undefined)
    : active === 'numbers' ? (list.length === 0 ? t('fetch.needNumbers') : list.length > 100 ? t('fetch.tooMany', { n: list.length }) : undefined)
      : statuses.length === 0 ? t('fetch.needStatuses') : undefined
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const now = new Date().toISOString().replace(/\.\d+Z/, 'Z')
    const end = to >= today ? now : dayToInstant(to, true)
    const range = { from: dayToInstant(from), to: end }
    const body: FetchRequest = active === 'range' ? range : active === 'numbers' ? { order_numbers: list } : { statuses, ...(withRange && range) }
    setBusy(true)
    setError(null)
    try {
      const started = await take(api.POST('/shops/{id}/fetch', { params: { path: { id: shop.id } }, body }))
      setRun(started.fetch_run.id)
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  const rangeFields = (
    <div className="line line-top">
      <DateField label={t('fetch.from')} value={from} maximum={today} onChange={(day) => { setFrom(day); if (day > to) setTo(day) }} error={tooOld} />
      <DateField label={t('fetch.to')} value={to} maximum={today} onChange={(day) => { setTo(day); if (day && day < from) setFrom(day) }} />
      <span className="range-quick">{ranges.map((name) => <button key={name} type="button" className="plain-button" onClick={() => { const [first, last] = rangeOf(name, today); setFrom(first); setTo(last) }}>{t(`range.${name}`)}</button>)}</span>
    </div>
  )
  return (
    <div className="stack fetch-form">
      <section className="card" aria-label={t('fetch.manual')}>
        <div className="card-head"><h2>{t('fetch.manual')}</h2></div>
        <div className="card-body stack">
          <div className="line line-top">
            <Select label={t('order.shop')} size="xs" data={shops.map((item) => ({ value: item.id, label: item.name }))} value={shop.id} onChange={(value) => { setShop(value); setStatuses([]) }} className="shop-select" />
            {state && <span className="shop-state"><ShopName mall={shop.mall} name={mall?.name ?? shop.mall} /> <HealthBadge health={state.health} /> <span className="muted">{t('fetch.lastNext', { last: formatTime(state.last_success_at) || '—', next: formatTime(state.next_run_at) || '—' })}</span></span>}
          </div>
          <div className="seg mode-seg" role="group" aria-label={t('fetch.how')}>
            {available.map((item) => <button key={item} type="button" aria-pressed={item === active} onClick={() => { setMode(item); setError(null) }}>{t(`fetch.mode.${item}`)}</button>)}
          </div>
          {active === 'file' ? <FileImport key={shop.id} shop={shop.id} mall={mall} allowed={allowed} /> : (
            <form className="stack" onSubmit={(event) => void submit(event)}>
              {active === 'range' && rangeFields}
              {active === 'numbers' && (
                <div>
                  <Textarea label={t('fetch.numbers')} description={t('fetch.numbersHint')} autosize minRows={3} maxRows={12} value={numbers} onChange={(event) => setNumbers(event.currentTarget.value)} spellCheck={false} />
                  <p className="muted">{t('fetch.numbersCount', { n: list.length })}{strange.length > 0 && ` ${t('fetch.numbersStrange', { list: strange.slice(0, 3).join(', ') })}`}</p>
                </div>
              )}
              {active === 'status' && (
                <>
                  <fieldset className="plain-fieldset"><legend>{t('fetch.statuses')}</legend>
                    <div className="line">{mall?.statuses.map((status) => (
                      <label key={status.code} className="line tick-label"><input type="checkbox" checked={statuses.includes(status.code)} onChange={() => setStatuses(statuses.includes(status.code) ? statuses.filter((code) => code !== status.code) : [...statuses, status.code])} />{status.label}</label>
                    ))}</div>
                  </fieldset>
                  <label className="line tick-label"><input type="checkbox" checked={withRange} onChange={() => setWithRange(!withRange)} />{t('fetch.withRange')}</label>
                  {withRange && rangeFields}
                </>
              )}
              <div role="alert">{error !== null && <div className="notice" data-tone="red">{messageOf(error)}</div>}</div>
              <div className="line">
                <Button type="submit" size="sm" loading={busy} disabled={!allowed || problem !== undefined || tooOld !== undefined}>{t('fetch.start')}</Button>
                <span className="muted">{!allowed ? t('common.staffOnly') : problem ?? t('fetch.safe')}</span>
              </div>
            </form>
          )}
        </div>
      </section>
      {run && active !== 'file' && <RunView id={run} />}
    </div>
  )
}
