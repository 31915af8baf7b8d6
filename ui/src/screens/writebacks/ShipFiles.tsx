// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '../../api/client'
import { keys } from '../../api/keys'
import type { ShipFile } from '../../api/types'
import { useT } from '../../i18n'
import { formatFull } from '../../lib/dates'
import { count } from '../../lib/money'
import { Badge } from '../../parts/Badges'
import { Empty, Loading, ProblemView } from '../../parts/States'
import { toast, toastError } from '../../parts/toast'

function State({ file }: { file: ShipFile }) {
  const t = useT()
  if (file.withdrawn_at) return <Badge tone="grey">{t('export.withdrawn')}</Badge>
  return (
    <span className="badges">
      {file.verified > 0 && <Badge tone="green">{t('export.verified', { n: count(file.verified) })}</Badge>}
      {file.waiting > 0 && <Badge tone="blue">{t('export.waiting', { n: count(file.waiting) })}</Badge>}
      {file.attention > 0 && <Badge tone="red">{t('export.attention', { n: count(file.attention) })}</Badge>}
    </span>
  )
}

/** Files made earlier: the same bytes again, and the way back for one that was never uploaded. */
export function ShipFiles({ shop, allowed }: { shop: string; allowed: boolean }) {
  const t = useT()
  const queries = useQueryClient()
  const [asked, setAsked] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const query = useInfiniteQuery({
    queryKey: [...keys.shipFiles, shop],
    queryFn: ({ pageParam }) => take(api.GET('/ship-files', { params: { query: { ...(shop && { shop }), limit: 50, ...(pageParam && { cursor: pageParam }) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  const files = query.data?.pages.flatMap((page) => page.files) ?? []
  const withdraw = async (id: string) => {
    setBusy(true)
    try {
      await take(api.POST('/ship-files/{id}/withdraw', { params: { path: { id } } }))
      toast({ message: t('export.withdrawDone') })
      setAsked(null)
      await Promise.all([queries.invalidateQueries({ queryKey: keys.shipFiles }), queries.invalidateQueries({ queryKey: keys.allWritebacks })])
    } catch (error) {
      toastError(error)
    } finally {
      setBusy(false)
    }
  }
  if (query.isError) return <div className="screen"><ProblemView error={query.error} onRetry={() => void query.refetch()} /></div>
  if (query.isPending) return <Loading />
  if (files.length === 0) return <Empty title={t('export.noFiles')}><span>{t('export.noFilesHint')}</span></Empty>
  return (
    <div className="screen stack" data-ship-files>
      <p className="muted">{t('export.filesHint')}</p>
      <div className="simple-scroll" tabIndex={0} role="region" aria-label={t('export.files')}>
        <table className="simple">
          <thead><tr><th scope="col">{t('export.createdAt')}</th><th scope="col">{t('order.shop')}</th><th scope="col">{t('export.file')}</th><th scope="col" className="number">{t('export.orders')}</th><th scope="col">{t('writebacks.state')}</th><th scope="col">{t('export.by')}</th><th scope="col"><span className="offscreen">{t('export.actions')}</span></th></tr></thead>
          <tbody>
            {files.map((file) => (
              <tr key={file.id}>
                <td className="nowrap">{formatFull(file.created_at)}</td>
                <td className="nowrap">{file.shop}</td>
                <td><div>{file.file_name}</div><div className="muted">{file.format}</div></td>
                <td className="number">{count(file.orders)}</td>
                <td><State file={file} /></td>
                <td className="nowrap">{file.created_by || '—'}</td>
                <td>
                  {asked === file.id ? (
                    <div className="stack">
                      <span>{t('export.withdrawEffect')}</span>
                      <div className="line">
                        <Button size="xs" loading={busy} onClick={() => void withdraw(file.id)} data-autofocus>{t('export.withdrawDo')}</Button>
                        <Button size="xs" variant="default" onClick={() => setAsked(null)}>{t('common.stop')}</Button>
                      </div>
                    </div>
                  ) : (
                    <div className="line">
                      {allowed && <Button size="xs" variant="default" component="a" href={`/api/v1/ship-files/${file.id}/content`} download={file.file_name} aria-label={t('export.againOf', { name: file.file_name })}>{t('export.again')}</Button>}
                      {allowed && !file.withdrawn_at && file.waiting + file.attention > 0 && <Button size="xs" variant="subtle" onClick={() => setAsked(file.id)} aria-label={t('export.withdrawOf', { name: file.file_name })}>{t('export.withdraw')}</Button>}
                    </div>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {query.hasNextPage && <div className="line"><Button size="xs" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('orders.loadMore')}</Button></div>}
    </div>
  )
}
