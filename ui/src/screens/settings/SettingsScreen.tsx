// SPDX-License-Identifier: Apache-2.0
import { Link } from 'wouter'
import { useSession } from '../../api/session'
import { useT, type MessageKey } from '../../i18n'
import { may } from '../../lib/permissions'
import { Empty } from '../../parts/States'
import { LinksPage } from './LinksPage'
import { MappingsPage } from './MappingsPage'
import { ShopPage, ShopsPage } from './ShopsPage'
import { StatusesPage } from './StatusesPage'

const pages: { id: string; label: MessageKey; hint: MessageKey }[] = [
  { id: 'shops', label: 'settings.shops', hint: 'settings.shopsHint' },
  { id: 'links', label: 'settings.links', hint: 'settings.linksHint' },
  { id: 'mappings', label: 'settings.mappings', hint: 'settings.mappingsHint' },
  { id: 'statuses', label: 'settings.statuses', hint: 'settings.statusesHint' },
]

export default function SettingsScreen({ page, id }: { page: string; id?: string }) {
  const t = useT()
  const allowed = may(useSession().user.role, 'manager')
  const current = pages.find((item) => item.id === page)
  return (
    <div className="screen settings">
      <nav className="settings-nav" aria-label={t('settings.pages')}>
        {pages.map((item) => <Link key={item.id} href={`/settings/${item.id}`} aria-current={item.id === page ? 'page' : undefined}>{t(item.label)}</Link>)}
      </nav>
      <div className="settings-page stack">
        {current ? (
          <>
            <div className="screen-title"><h1 className="grow">{t(current.label)}</h1>{!allowed && <span className="muted">{t('common.managerOnly')}</span>}</div>
            <p className="muted">{t(current.hint)}</p>
            {page === 'shops' ? (id ? <ShopPage key={id} id={id} /> : <ShopsPage />) : page === 'links' ? <LinksPage /> : page === 'mappings' ? <MappingsPage /> : <StatusesPage />}
          </>
        ) : <Empty title={t('frame.notFound')}><Link href="/settings/shops">{t('settings.title')}</Link></Empty>}
      </div>
    </div>
  )
}
