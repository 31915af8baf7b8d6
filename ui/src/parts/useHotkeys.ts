// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from 'react'
import { usePreferences } from '../api/preferences'
import { allowed, keepsKey, keyName } from '../lib/hotkeys'

export type Hotkeys = Record<string, (event: KeyboardEvent) => void>

/** A dialog takes the keyboard for itself; the page behind it must not react. */
function covered(): boolean {
  const covers = document.querySelectorAll('[role=dialog], [role=menu], [role=listbox]')
  return [...covers].some((element) => element.getClientRects().length > 0)
}

export function useHotkeys(hotkeys: Hotkeys) {
  const mode = usePreferences().shortcuts ?? 'all'
  const current = useRef(hotkeys)
  current.current = hotkeys
  useEffect(() => {
    // Asked on the way down: on the way up, the Escape that closes a dialog has already removed it.
    let coveredBefore = false
    const ask = () => { coveredBefore = covered() }
    const listen = (event: KeyboardEvent) => {
      const name = keyName(event)
      const handler = current.current[name]
      if (!handler || keepsKey(name, event.target) || event.defaultPrevented || coveredBefore || !allowed(event, mode)) return
      event.preventDefault()
      handler(event)
    }
    window.addEventListener('keydown', ask, true)
    window.addEventListener('keydown', listen)
    return () => {
      window.removeEventListener('keydown', ask, true)
      window.removeEventListener('keydown', listen)
    }
  }, [mode])
}
