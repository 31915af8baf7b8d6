// SPDX-License-Identifier: Apache-2.0
import { useSyncExternalStore } from 'react'
import { api, take } from './client'
import type { Preferences } from './types'

const cacheName = 'juchu-preferences'

function cached(): Preferences {
  try {
    return JSON.parse(localStorage.getItem(cacheName) ?? '{}') as Preferences
  } catch {
    return {}
  }
}

let preferences: Preferences = cached()
const listeners = new Set<() => void>()
let timer: number | undefined

function publish(next: Preferences) {
  preferences = next
  try {
    localStorage.setItem(cacheName, JSON.stringify(next))
  } catch {
    // Without local storage the server still keeps them.
  }
  for (const listener of listeners) listener()
}

export function currentPreferences(): Preferences {
  return preferences
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    () => preferences,
  )
}

export async function loadPreferences(): Promise<Preferences> {
  publish(await take(api.GET('/me/preferences')))
  return preferences
}

/** They follow the person, not the machine; a failed save is tried with the next change. */
export function setPreferences(change: Partial<Preferences>) {
  publish({ ...preferences, ...change })
  window.clearTimeout(timer)
  timer = window.setTimeout(() => {
    void take(api.PUT('/me/preferences', { body: preferences })).catch(() => undefined)
  }, 400)
}
