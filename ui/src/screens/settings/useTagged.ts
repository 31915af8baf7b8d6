// SPDX-License-Identifier: Apache-2.0
import { useQuery, useQueryClient, type QueryKey } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import type { Tagged } from '../../api/client'
import { isConflict } from '../../api/problem'
import { useT } from '../../i18n'
import { toast, toastError } from '../../parts/toast'

/** Settings that are read, changed and saved as a whole; an outdated save loads the newest and says so. */
export function useTagged<T>(key: QueryKey, read: () => Promise<Tagged<T>>) {
  const t = useT()
  const queries = useQueryClient()
  const query = useQuery({ queryKey: key, queryFn: read, placeholderData: undefined, refetchOnWindowFocus: false })
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const save = useCallback(async (send: (tag: string) => Promise<unknown>): Promise<boolean> => {
    setBusy(true)
    setError(null)
    try {
      await send(query.data?.tag ?? '')
      await queries.invalidateQueries({ queryKey: key })
      toast({ message: t('settings.saved') })
      return true
    } catch (failure) {
      setError(failure)
      if (isConflict(failure)) {
        await queries.invalidateQueries({ queryKey: key })
        toast({ message: t('settings.conflict'), tone: 'failed' })
      } else toastError(failure)
      return false
    } finally {
      setBusy(false)
    }
  }, [query.data?.tag, queries, key, t])
  return { query, save, busy, error }
}
