// SPDX-License-Identifier: Apache-2.0
import { useMemo } from 'react'
import { useLocation, useSearch } from 'wouter'
import { useT } from '../../i18n'
import { splitOrderNumbers } from '../../lib/normalise'
import { Tabs } from '../../parts/Tabs'
import { FetchForm } from './FetchForm'
import { Gaps } from './Gaps'
import { Listings } from './Listings'
import { RunView } from './RunView'
import { Runs } from './Runs'

const tabs = ['doors', 'runs', 'listings', 'gaps'] as const
type TabName = (typeof tabs)[number]

export default function FetchScreen({ runId }: { runId?: string }) {
  const t = useT()
  const [, navigate] = useLocation()
  const search = useSearch()
  const current = useMemo(() => new URLSearchParams(search), [search])
  const wanted = current.get('tab') as TabName | null
  const tab: TabName = runId ? 'runs' : wanted && tabs.includes(wanted) ? wanted : 'doors'
  const numbers = splitOrderNumbers(current.get('numbers') ?? '')
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(runId ? '' : search)
    if (value) next.set(name, value)
    else next.delete(name)
    navigate(`/fetch${next.size ? `?${next}` : ''}`)
  }
  return (
    <>
      <h1 className="offscreen">{t('frame.fetch')}</h1>
      <Tabs label={t('frame.fetch')} tabs={tabs.map((id) => ({ id, label: t(`fetch.tab.${id}`) }))} active={tab} onChange={(id) => navigate(id === 'doors' ? '/fetch' : `/fetch?tab=${id}`)} panel="fetch-panel" />
      <div id="fetch-panel" role="tabpanel" aria-label={t(`fetch.tab.${tab}`)} className="screen">
        {runId ? <RunView id={runId} />
          : tab === 'doors' ? <FetchForm shop={current.get('shop') ?? ''} numbers={numbers} />
            : tab === 'runs' ? <Runs shop={current.get('shop') ?? ''} changedOnly={current.get('changed') === '1'} onShop={(shop) => set('shop', shop)} onChanged={(on) => set('changed', on ? '1' : '')} />
              : tab === 'listings' ? <Listings shop={current.get('shop') ?? ''} onShop={(shop) => set('shop', shop)} />
                : <Gaps />}
      </div>
    </>
  )
}
