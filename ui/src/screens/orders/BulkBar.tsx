// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core'
import { IconArrowRight } from '@tabler/icons-react'
import { memo, useSyncExternalStore } from 'react'
import { useSession } from '../../api/session'
import type { WorkStatus } from '../../api/types'
import { useT } from '../../i18n'
import { count } from '../../lib/money'
import { may } from '../../lib/permissions'
import type { SelectionStore } from '../../lib/selection'
import { StatusPicker } from '../../parts/StatusPicker'

type Props = {
  store: SelectionStore; statuses: WorkStatus[]; current: string | undefined; open: boolean; onOpen: (open: boolean) => void
  onMove: (status: string) => void; loaded: number; total: number | null; everything: boolean; onEverything: (on: boolean) => void; busy: boolean
}

function Count({ store, everything, total }: Pick<Props, 'store' | 'everything' | 'total'>) {
  const t = useT()
  const size = useSyncExternalStore(store.subscribe, store.size)
  return <strong role="status">{t('orders.selected', { n: count(everything ? (total ?? 0) : size) })}</strong>
}

function useSome(store: SelectionStore) {
  return useSyncExternalStore(store.subscribe, () => store.size() > 0)
}

function useAllLoaded(store: SelectionStore, loaded: number) {
  return useSyncExternalStore(store.subscribe, () => loaded > 0 && store.size() >= loaded)
}

export const BulkBar = memo(function BulkBar(props: Props) {
  const { store, statuses, current, open, onOpen, onMove, loaded, total, everything, onEverything, busy } = props
  const t = useT()
  const session = useSession()
  const some = useSome(store)
  const all = useAllLoaded(store, loaded)
  if (!some) return null
  const allowed = may(session.user.role, 'staff')
  return (
    <div className="bulk" role="region" aria-label={t('orders.bulk')}>
      <Count store={store} everything={everything} total={total} />
      <StatusPicker statuses={statuses} current={current} open={open} onOpen={onOpen} onPick={onMove}>
        <Button size="xs" leftSection={<IconArrowRight size={14} aria-hidden="true" />} disabled={!allowed} loading={busy} title={allowed ? undefined : t('common.staffOnly')} aria-haspopup="dialog" aria-expanded={open} onClick={() => onOpen(!open)}>
          {t('orders.move')} <kbd className="key-hint">M</kbd>
        </Button>
      </StatusPicker>
      {all && total !== null && total > loaded && !everything && (
        <button type="button" className="plain-button" onClick={() => onEverything(true)}>{t('orders.selectQuery', { n: count(total) })}</button>
      )}
      <span className="grow" />
      <button type="button" className="plain-button" onClick={() => { onEverything(false); store.clear() }}>{t('orders.unselect')} <kbd className="key-hint">Esc</kbd></button>
    </div>
  )
})
