// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from 'react'
import { usePreferences } from '../api/preferences'
import { allowed, keyName } from '../lib/hotkeys'

export type Hotkeys = Record<string, (event: KeyboardEvent) => void>

/** A dialog takes the keyboard for itself; the page behind it must not react. */
function covered(): boolean {
  return document.querySelector('[role=dialog][aria-modal=true], [role=menu], [role=listbox], .login-over') !== null
}

export function useHotkeys(hotkeys: Hotkeys) {
  const mode = usePreferences().shortcuts ?? 'all'
  const current = useRef(hotkeys)
  current.current = hotkeys
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const handler = current.current[keyName(event)]
      if (!handler || event.defaultPrevented || covered() || !allowed(event, mode)) return
      event.preventDefault()
      handler(event)
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [mode])
}
