// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useRef, useState } from 'react'
import { deleteDraft, readDraft, writeDraft } from '../lib/storage'

type DraftState<T> = { value: T; setValue: (value: T) => void; dirty: boolean; restoredAt: string | null; discard: () => void; saved: () => void }

/** What was typed survives reload, session end and crash; `base` is what the server holds. */
export function useDraft<T>(key: string, base: T): DraftState<T> {
  const [value, setLocal] = useState(base)
  const [dirty, setDirty] = useState(false)
  const [restoredAt, setRestoredAt] = useState<string | null>(null)
  const timer = useRef<number | undefined>(undefined)
  const pending = useRef<T | null>(null)
  const baseText = JSON.stringify(base)
  const dirtyNow = useRef(false)

  useEffect(() => {
    let live = true
    dirtyNow.current = false
    setDirty(false)
    setRestoredAt(null)
    void readDraft<T>(key).then((draft) => {
      if (!live || !draft || dirtyNow.current) return
      dirtyNow.current = true
      setLocal(draft.value)
      setDirty(true)
      setRestoredAt(draft.at)
    })
    return () => {
      live = false
      window.clearTimeout(timer.current)
      if (pending.current !== null) void writeDraft(key, pending.current)
      pending.current = null
    }
  }, [key])

  useEffect(() => {
    if (!dirtyNow.current) setLocal(JSON.parse(baseText) as T)
  }, [baseText])

  const setValue = useCallback((next: T) => {
    dirtyNow.current = true
    setLocal(next)
    setDirty(true)
    pending.current = next
    window.clearTimeout(timer.current)
    timer.current = window.setTimeout(() => {
      pending.current = null
      void writeDraft(key, next)
    }, 300)
  }, [key])

  const saved = useCallback(() => {
    window.clearTimeout(timer.current)
    pending.current = null
    dirtyNow.current = false
    setDirty(false)
    setRestoredAt(null)
    void deleteDraft(key)
  }, [key])

  const discard = useCallback(() => {
    saved()
    setLocal(JSON.parse(baseText) as T)
  }, [saved, baseText])

  return { value, setValue, dirty, restoredAt, discard, saved }
}
