// SPDX-License-Identifier: Apache-2.0
import { useQueries } from '@tanstack/react-query'
import { api, take } from '../../api/client'
import { useShops } from '../../api/hooks'
import { keys } from '../../api/keys'
import { useT } from '../../i18n'
import { Empty, Loading, ProblemView } from '../../parts/States'
import { GapTable } from '../../blocks/GapTable'

export function Gaps() {
  const t = useT()
  const shops = useShops()
  const all = useQueries({ queries: shops.map((shop) => ({ queryKey: keys.gaps(shop.id), queryFn: () => take(api.GET('/shops/{id}/gaps', { params: { path: { id: shop.id } } })) })) })
  const failed = all.find((query) => query.isError)
  if (failed) return <ProblemView error={failed.error} onRetry={() => void failed.refetch()} />
  if (all.some((query) => query.isPending)) return <Loading />
  const gaps = all.flatMap((query) => query.data?.gaps ?? [])
  return (
    <div className="stack">
      <p className="muted">{t('gaps.explain')}</p>
      {gaps.length === 0 ? <Empty title={t('gaps.none')} /> : <div className="card"><GapTable gaps={gaps} shops={shops} /></div>}
    </div>
  )
}
