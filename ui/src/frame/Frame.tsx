// SPDX-License-Identifier: Apache-2.0
import { IconBuildingStore, IconCloudDownload, IconCloudUpload, IconSettings, IconShoppingBag, IconStethoscope, type Icon } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useRef, useState, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { useCounts, useHealth, useWorkStatuses } from '../api/hooks'
import { useConnected, useEvent, type EventData } from '../api/events'
import { keys } from '../api/keys'
import { useSession } from '../api/session'
import { useT, type MessageKey } from '../i18n'
import { count } from '../lib/money'
import { takeUndo } from '../parts/toast'
import { useHotkeys } from '../parts/useHotkeys'
import { KeysDialog } from './KeysDialog'
import { PersonMenu } from './PersonMenu'
import { Search } from './Search'
import { Strips } from './Strips'

type Place = { path: string; icon: Icon; label: MessageKey; key: string }
const places: Place[] = [
  { path: '/orders', icon: IconShoppingBag, label: 'frame.orders', key: 'o' },
  { path: '/fetch', icon: IconCloudDownload, label: 'frame.fetch', key: 'f' },
  { path: '/writebacks', icon: IconCloudUpload, label: 'frame.writebacks', key: 'w' },
  { path: '/diagnosis', icon: IconStethoscope, label: 'diagnosis.title', key: 'd' },
  { path: '/shops', icon: IconBuildingStore, label: 'frame.shops', key: 's' },
  { path: '/settings', icon: IconSettings, label: 'frame.settings', key: ',' },
]

function useLiveCaches() {
  const queries = useQueryClient()
  useEvent('counts.changed', useCallback((data: EventData['counts.changed']) => {
    queries.setQueryData(keys.counts([]), data)
    void queries.invalidateQueries({ queryKey: keys.allCounts, predicate: (query) => JSON.stringify(query.queryKey) !== JSON.stringify(keys.counts([])) })
  }, [queries]))
  useEvent('writeback.changed', useCallback(() => {
    void queries.invalidateQueries({ queryKey: keys.allWritebacks })
  }, [queries]))
  useEvent('shop.changed', useCallback(() => {
    void queries.invalidateQueries({ queryKey: keys.shops })
  }, [queries]))
  useEvent('fetch_run.progress', useCallback((run: EventData['fetch_run.progress']) => {
    queries.setQueryData(keys.fetchRun(run.id), run)
    if (run.state === 'queued' || run.state === 'running') return
    void queries.invalidateQueries({ queryKey: keys.allFetchRuns })
    void queries.invalidateQueries({ queryKey: keys.fetchRun(run.id) })
    void queries.invalidateQueries({ queryKey: keys.health })
  }, [queries]))
  useEvent('reset', useCallback(() => { void queries.invalidateQueries() }, [queries]))
}

export function Frame({ children }: { children: ReactNode }) {
  const t = useT()
  const session = useSession()
  const [location, navigate] = useLocation()
  const [keysOpen, setKeysOpen] = useState(false)
  const search = useRef<HTMLInputElement>(null)
  const going = useRef(0)
  const counts = useCounts()
  const { entry } = useWorkStatuses()
  const health = useHealth().data?.shops ?? []
  const live = useConnected() === true
  useLiveCaches()

  const go = (path: string) => () => {
    if (Date.now() - going.current < 1500) navigate(path)
    going.current = 0
  }
  useHotkeys({
    '/': () => search.current?.focus(),
    'Ctrl+k': () => search.current?.focus(),
    '?': () => setKeysOpen(true),
    z: () => takeUndo()?.(),
    'Ctrl+z': () => takeUndo()?.(),
    g: () => { going.current = Date.now() },
    ...Object.fromEntries(places.map((place) => [place.key, go(place.path)])),
  })

  const badge = (place: Place): { value: number; red?: boolean; label: string } | null => {
    if (place.path === '/orders' && entry && counts) return { value: counts.counts[entry.id] ?? 0, label: entry.name }
    if (place.path === '/writebacks' && counts?.writebacks_needs_person) return { value: counts.writebacks_needs_person, red: true, label: t('writebacks.needsPerson') }
    if (place.path === '/shops') {
      const bad = health.filter((shop) => shop.health === 'down').length
      return bad ? { value: bad, red: true, label: t('shops.down') } : null
    }
    return null
  }
  return (
    <div className="frame" data-live={live}>
      <nav className="frame-rail" aria-label={t('frame.navigation')}>
        <div className="frame-logo" aria-hidden="true">Juchu</div>
        {places.map((place) => {
          const active = location === place.path || location.startsWith(`${place.path}/`)
          const mark = badge(place)
          return (
            <Link key={place.path} href={place.path} className="frame-link" aria-current={active ? 'page' : undefined}>
              <place.icon size={20} stroke={1.6} aria-hidden="true" />
              <span>{t(place.label)}</span>
              {mark && mark.value > 0 && <span className="frame-count" data-tone={mark.red ? 'red' : undefined} title={mark.label}>{count(mark.value)}</span>}
            </Link>
          )
        })}
      </nav>
      <section className="frame-head" aria-label={t('frame.head')}>
        <Search input={search} />
        <span className="grow" />
        <span className="frame-org">{session.org.name}</span>
        <PersonMenu onKeys={() => setKeysOpen(true)} />
      </section>
      <div className="frame-strips"><Strips shops={health} /></div>
      <main className="frame-main">{children}</main>
      <KeysDialog open={keysOpen} onClose={() => setKeysOpen(false)} />
    </div>
  )
}
