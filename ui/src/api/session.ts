// SPDX-License-Identifier: Apache-2.0
import { useSyncExternalStore } from 'react'
import type { Session } from './types'

type State = { session: Session | null; known: boolean; expired: boolean; build: string | null; newBuild: boolean }

let state: State = { session: null, known: false, expired: false, build: null, newBuild: false }
const listeners = new Set<() => void>()
let waiting: (() => void)[] = []

function change(next: Partial<State>) {
  state = { ...state, ...next }
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void) {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

export function useSessionState(): State {
  return useSyncExternalStore(subscribe, () => state)
}

export function useSession(): Session {
  const { session } = useSessionState()
  if (!session) throw new Error('used outside a session')
  return session
}

export function currentSession(): Session | null {
  return state.session
}

export function sessionStarted(session: Session) {
  change({ session, known: true, expired: false })
  const ready = waiting
  waiting = []
  for (const resume of ready) resume()
}

export function sessionEnded() {
  change({ session: null, known: true, expired: false })
}

/** The login opens over the page and the interrupted call goes on after it; nothing typed is lost. */
export function waitForLogin(): Promise<void> {
  if (!state.expired) change({ expired: true })
  return new Promise((resolve) => waiting.push(resolve))
}

export function buildSeen(build: string | null) {
  if (!build) return
  if (state.build === null) change({ build })
  else if (state.build !== build && !state.newBuild) change({ newBuild: true })
}
