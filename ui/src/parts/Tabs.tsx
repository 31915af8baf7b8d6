// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, type KeyboardEvent } from 'react'
import { count } from '../lib/money'

export type Tab = { id: string; label: string; count?: number | undefined; attention?: boolean; alert?: { n: number; label: string } | undefined; colour?: string }
type Props = { label: string; tabs: Tab[]; active: string; onChange: (id: string) => void; panel?: string }

/** One line that scrolls and never wraps; the active tab stays in view. */
export function Tabs({ label, tabs, active, onChange, panel }: Props) {
  const strip = useRef<HTMLDivElement>(null)
  useEffect(() => {
    strip.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [active, tabs.length])
  const keys = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (!step) return
    event.preventDefault()
    const at = tabs.findIndex((tab) => tab.id === active)
    const next = tabs[(at + step + tabs.length) % tabs.length]
    if (!next) return
    onChange(next.id)
    strip.current?.querySelector<HTMLElement>(`[data-tab="${CSS.escape(next.id)}"]`)?.focus()
  }
  return (
    <div ref={strip} className="tabs" role="tablist" aria-label={label} onKeyDown={keys}>
      {tabs.map((tab) => (
        <button key={tab.id} type="button" role="tab" className="tab" data-tab={tab.id} aria-selected={tab.id === active} aria-controls={panel} tabIndex={tab.id === active ? 0 : -1} onClick={() => onChange(tab.id)}>
          {tab.colour && <span className="dot" style={{ background: `var(--mantine-color-${tab.colour}-6)` }} aria-hidden="true" />}
          {tab.label}
          {tab.count !== undefined && <span className="tab-count" data-tone={tab.attention ? 'red' : undefined}>{count(tab.count)}</span>}
          {tab.alert && <span className="tab-alert" title={tab.alert.label}>!{count(tab.alert.n)}<span className="offscreen">{tab.alert.label}</span></span>}
        </button>
      ))}
    </div>
  )
}
