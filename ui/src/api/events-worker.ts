// SPDX-License-Identifier: Apache-2.0
import { eventNames, type StreamMessage } from './event-names'

// Over HTTP/1.1 a browser opens six connections per host: one stream per tab would starve the seventh tab.
const scope = self as unknown as { onconnect: ((event: MessageEvent) => void) | null }
const ports = new Set<MessagePort>()
let source: EventSource | null = null
let last: StreamMessage = { kind: 'state', open: false }

function tell(message: StreamMessage) {
  for (const port of ports) port.postMessage(message)
}

function start() {
  if (source && source.readyState !== EventSource.CLOSED) return
  source = new EventSource('/api/v1/events')
  const state = (open: boolean) => {
    last = { kind: 'state', open }
    tell(last)
  }
  source.onopen = () => state(true)
  source.onerror = () => state(false)
  for (const name of eventNames) {
    source.addEventListener(name, (event) => tell({ kind: 'event', name, data: JSON.parse((event as MessageEvent<string>).data) }))
  }
}

scope.onconnect = (event) => {
  const port = event.ports[0]
  if (!port) return
  ports.add(port)
  port.onmessage = (message: MessageEvent<string>) => {
    if (message.data === 'bye') ports.delete(port)
    if (message.data === 'start') start()
    if (message.data === 'stop' || ports.size === 0) {
      source?.close()
      source = null
    }
  }
  port.postMessage(last)
}
