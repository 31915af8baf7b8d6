// SPDX-License-Identifier: Apache-2.0
import { Modal } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '../../api/client'
import { keys } from '../../api/keys'
import { useT } from '../../i18n'
import { formatFull } from '../../lib/dates'
import { Loading, ProblemView } from '../../parts/States'

function pretty(body: string, type: string): string {
  if (!type.includes('json')) return body
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

export function RawDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT()
  const [at, setAt] = useState(0)
  const query = useQuery({ queryKey: keys.orderRaw(id), queryFn: () => take(api.GET('/orders/{id}/raw', { params: { path: { id } } })) })
  const documents = query.data?.documents ?? []
  const shown = documents[at]
  return (
    <Modal opened onClose={onClose} title={t('order.raw')} size="80%">
      {query.isError ? <ProblemView error={query.error} onRetry={() => void query.refetch()} /> : query.isPending ? <Loading /> : !shown ? <p className="muted">{t('order.rawNone')}</p> : (
        <div className="stack">
          <select aria-label={t('order.raw')} value={at} onChange={(event) => setAt(Number(event.currentTarget.value))}>
            {documents.map((document, index) => <option key={document.id} value={index}>{formatFull(document.fetched_at)} · {document.kind} · {document.size} B</option>)}
          </select>
          <pre className="raw" tabIndex={0} role="region" aria-label={shown.kind}>{pretty(shown.body, shown.content_type)}</pre>
        </div>
      )}
    </Modal>
  )
}
