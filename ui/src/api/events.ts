// SPDX-License-Identifier: Apache-2.0
import { useEffect, useSyncExternalStore } from 'react'
import { eventNames, type EventName, type StreamMessage } from './event-names'
import type { FetchRun, OrderCounts } from './types'

export type EventData = {
  'order.changed': { ids: string[]; created?: number; actor?: string | null }
  'counts.changed': OrderCounts
  'fetch_run.progress': FetchRun
  /** Shipping an order touches its write-backs; which ones is not said then. */
  'writeback.changed': { ids: string[]; order_ids: string[] }
  'shop.changed': { ids: string[] }
  reset: Record<string, never>
}

type Handler = (data: never) => void
const handlers = new Map<EventName, Set<Handler>>()
const stateListeners = new Set<() => void>()
let open: boolean | null = null
let stop: (() => void) | null = null

function receive(message: StreamMessage) {
  if (message.kind === 'state') {
    if (open === null && !message.open) return
    const opens = open !== true && message.open
    open = message.open
    for (const listener of stateListeners) listener()
    // What happened before the stream opened is not told: whatever was read until then is read again.
    if (opens) for (const handler of handlers.get('reset') ?? []) handler({} as never)
    return
  }
  for (const handler of handlers.get(message.name) ?? []) handler(message.data as never)
}

function direct(): () => void {
  const source = new EventSource('/api/v1/events')
  source.onopen = () => receive({ kind: 'state', open: true })
  source.onerror = () => receive({ kind: 'state', open: false })
  for (const name of eventNames) {
    source.addEventListener(name, (event) => receive({ kind: 'event', name, data: JSON.parse((event as MessageEvent<string>).data) }))
  }
  return () => source.close()
}

function shared(url: string): () => void {
  const worker = new SharedWorker(url, { type: 'module', name: 'juchu-events' })
  worker.port.onmessage = (event: MessageEvent<StreamMessage>) => receive(event.data)
  worker.port.start()
  worker.port.postMessage('start')
  const bye = () => worker.port.postMessage('bye')
  const hello = () => worker.port.postMessage('start')
  window.addEventListener('pagehide', bye)
  // A stream that the server refused stays closed for good; asking again is free while it is open.
  const again = window.setInterval(hello, 20_000)
  return () => {
    window.clearInterval(again)
    window.removeEventListener('pagehide', bye)
    bye()
    worker.port.close()
  }
}

export function startEvents() {
  if (stop) return
  const url = document.querySelector<HTMLMetaElement>('meta[name=juchu-events-worker]')?.content
  stop = url && typeof SharedWorker !== 'undefined' ? shared(url) : direct()
}

export function stopEvents() {
  stop?.()
  stop = null
  open = null
}

export function useEvent<N extends EventName>(name: N, handler: (data: EventData[N]) => void) {
  useEffect(() => {
    const set = handlers.get(name) ?? new Set<Handler>()
    handlers.set(name, set)
    set.add(handler as Handler)
    return () => { set.delete(handler as Handler) }
  }, [name, handler])
}

/** null until the first connection was tried. */
export function useConnected(): boolean | null {
  return useSyncExternalStore(
    (listener) => {
      stateListeners.add(listener)
      return () => { stateListeners.delete(listener) }
    },
    () => open,
  )
}
