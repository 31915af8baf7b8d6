// SPDX-License-Identifier: Apache-2.0
import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import { api, take } from '../../api/client'
import { useMalls, useShops } from '../../api/hooks'
import { keys } from '../../api/keys'
import { useSession } from '../../api/session'
import type { MappingKind, MappingList } from '../../api/types'
import { useLanguage, useT } from '../../i18n'
import * as vocabulary from '../../i18n/vocabulary'
import { formatTime } from '../../lib/dates'
import { count } from '../../lib/money'
import { may } from '../../lib/permissions'
import { Badge } from '../../parts/Badges'
import { Loading, ProblemView } from '../../parts/States'
import { Tabs } from '../../parts/Tabs'
import { MappingDialog, type Subject } from './MappingDialog'

const kinds: MappingKind[] = ['payment', 'delivery', 'slot', 'carrier']
const fold = (text: string) => text.normalize('NFKC').toLowerCase()
const isKind = (text: string | null): text is MappingKind => kinds.some((kind) => kind === text)

export function MappingsPage() {
  const t = useT()
  const language = useLanguage()
  const malls = useMalls()
  const shops = useShops()
  const allowed = may(useSession().user.role, 'manager')
  const [, navigate] = useLocation()
  const search = new URLSearchParams(useSearch())
  const connected = malls.filter((item) => shops.some((shop) => shop.mall === item.mall))
  const mall = search.get('mall') ?? connected[0]?.mall ?? malls[0]?.mall ?? ''
  const asked = search.get('kind')
  const kind: MappingKind = isKind(asked) ? asked : 'payment'
  const linked = search.get('value')
  const [text, setText] = useState('')
  const [subject, setSubject] = useState<Subject | null>(null)
  const opened = useRef('')
  const query = useQuery({ queryKey: keys.mappings({ mall }), queryFn: () => take(api.GET('/mappings', { params: { query: { mall } } })), enabled: mall !== '', placeholderData: undefined })
  const list = query.data
  const go = (next: { mall?: string; kind?: MappingKind }) => navigate(`/settings/mappings?mall=${next.mall ?? mall}&kind=${next.kind ?? kind}`, { replace: true })
  const subjectOf = (of: MappingList, value: string): Subject => {
    const unknown = of.unmapped.find((item) => item.kind === kind && item.mall_value === value)
    return { mall, kind, value, label: unknown?.words ?? null, proposal: unknown?.proposal ?? null, mapping: of.mappings.find((item) => item.kind === kind && item.mall_value === value && item.direction !== 'out') }
  }
  // A link from an order names the value that isn't converted.
  useEffect(() => {
    if (!list || !linked || !allowed || opened.current === `${mall}/${kind}/${linked}`) return
    opened.current = `${mall}/${kind}/${linked}`
    setSubject(subjectOf(list, linked))
  })
  if (query.isError && !list) return <ProblemView error={query.error} onRetry={() => void query.refetch()} />
  if (!list) return <Loading />
  const word = (of: MappingKind, value: string) => value === '' ? t('value.byOrder') : list.choices.find((choice) => choice.kind === (of === 'delivery' ? 'carrier' : of) && choice.code === value)?.label ?? value
  const wanted = fold(text)
  const rows = list.mappings.filter((item) => item.kind === kind && (!wanted || fold(`${item.mall_value} ${item.label ?? ''} ${word(kind, item.own ?? item.default ?? '')}`).includes(wanted)))
  const unknown = list.unmapped.filter((item) => item.kind === kind)
  const mallName = vocabulary.mallShort[mall]?.[language] ?? malls.find((item) => item.mall === mall)?.name ?? mall
  const close = () => {
    setSubject(null)
    if (linked) go({})
  }
  return (
    <>
      <div className="line">
        <label className="line">{t('mappings.mall')}
          <select className="small-select" value={mall} onChange={(event) => go({ mall: event.currentTarget.value })}>{malls.map((item) => <option key={item.mall} value={item.mall}>{vocabulary.mallShort[item.mall]?.[language] ?? item.name}</option>)}</select>
        </label>
        <TextInput size="xs" className="grow" aria-label={t('mappings.search')} placeholder={t('mappings.search')} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        <Button size="xs" variant="default" disabled={!allowed} title={allowed ? undefined : t('common.managerOnly')} onClick={() => setSubject({ mall, kind, value: '', fresh: true })}>{t('mappings.add')}</Button>
      </div>
      <Tabs label={t('mappings.kind')} active={kind} onChange={(id) => { if (isKind(id)) go({ kind: id }) }} panel="mappings-panel" tabs={kinds.map((id) => { const n = list.unmapped.filter((item) => item.kind === id).length; return { id, label: t(`mappings.${id}`), ...(n > 0 && { count: n, attention: true }) } })} />
      <div id="mappings-panel" role="tabpanel" aria-label={t(`mappings.${kind}`)} className="stack">
        <section className="card" aria-label={t('mappings.unmapped')}>
          <div className="card-head"><h2>{t('mappings.unmapped')}</h2>{unknown.length > 0 && <Badge tone="yellow">{count(unknown.length)}</Badge>}</div>
          {unknown.length === 0 ? <p className="card-body muted">{t('mappings.unmappedNone')}</p> : (
            <>
              <p className="card-body muted">{t('mappings.unmappedHint')}</p>
              <table className="simple">
                <thead><tr><th scope="col">{t('mappings.value')}</th><th scope="col" className="number">{t('mappings.orders')}</th><th scope="col">{t('mappings.last')}</th><th scope="col"><span className="offscreen">{t('common.actions')}</span></th></tr></thead>
                <tbody>{unknown.map((item) => (
                  <tr key={item.mall_value}>
                    <td><strong>{item.mall_value}</strong>{item.words && item.words !== item.mall_value && <span className="muted"> {item.words}</span>}{item.proposal && <div className="muted">{t('mappings.proposal', { value: word(kind, item.proposal) })}</div>}</td>
                    <td className="number">{count(item.orders)} ({count(item.open)})</td><td className="nowrap">{formatTime(item.last_at)}</td>
                    <td><Button size="compact-xs" disabled={!allowed} aria-label={t('mappings.setOf', { value: item.mall_value })} onClick={() => setSubject(subjectOf(list, item.mall_value))}>{t('mappings.set')}</Button></td>
                  </tr>
                ))}</tbody>
              </table>
            </>
          )}
        </section>
        <div className="card simple-scroll" tabIndex={0} role="region" aria-label={t('settings.mappings')}>
          <table className="simple">
            <thead><tr><th scope="col">{t('mappings.value')}</th><th scope="col">{t('mappings.label')}</th><th scope="col">{t('mappings.ours')}</th><th scope="col">{t('mappings.direction')}</th><th scope="col"><span className="offscreen">{t('common.actions')}</span></th></tr></thead>
            <tbody>
              {rows.map((item) => (
                <tr key={`${item.direction}/${item.mall_value}/${item.default ?? ''}`}>
                  <td className="nowrap">{item.mall_value}</td><td>{item.label && item.label !== item.mall_value ? item.label : ''}</td>
                  <td>{word(kind, item.own ?? item.default ?? '')} {item.own !== null ? <Badge tone="blue" title={item.default === null ? undefined : t('mappings.defaultIs', { value: word(kind, item.default) })}>{t('settings.own')}</Badge> : <span className="muted">{t('settings.default')}</span>}</td>
                  <td className="muted">{t(`mappings.direction.${item.direction}`)}</td>
                  <td><Button size="compact-xs" variant="default" disabled={!allowed} aria-label={t('mappings.changeOf', { value: item.mall_value })} onClick={() => setSubject({ mall, kind, value: item.mall_value, label: item.label, mapping: item })}>{t('mappings.change')}</Button></td>
                </tr>
              ))}
              {rows.length === 0 && <tr><td colSpan={5} className="muted">{t('mappings.none')}</td></tr>}
            </tbody>
          </table>
        </div>
      </div>
      {subject && <MappingDialog key={`${subject.kind}/${subject.value}`} subject={subject} mallName={mallName} choices={list.choices} word={word} onClose={close} />}
    </>
  )
}
