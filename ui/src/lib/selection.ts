// SPDX-License-Identifier: Apache-2.0

/**
 * Selected ids and the row cursor live outside React state: with 500 rows a
 * tick must re-render one row and one number, not the page.
 */
export class SelectionStore {
  private ids = new Set<string>()
  private anchor: string | null = null
  private cursorId: string | null = null
  private listeners = new Set<() => void>()

  subscribe = (listener: () => void) => {
    this.listeners.add(listener)
    return () => { this.listeners.delete(listener) }
  }

  has = (id: string) => this.ids.has(id)
  size = () => this.ids.size
  list = () => [...this.ids]
  cursor = () => this.cursorId

  toggle(id: string) {
    if (!this.ids.delete(id)) this.ids.add(id)
    this.anchor = id
    this.changed()
  }

  /** Everything between the last ticked row and this one takes the state of the last ticked row. */
  range(order: string[], to: string) {
    const from = this.anchor ?? to
    const first = order.indexOf(from)
    const last = order.indexOf(to)
    if (first < 0 || last < 0) return this.toggle(to)
    const on = first === last ? true : this.ids.has(from)
    for (const id of order.slice(Math.min(first, last), Math.max(first, last) + 1)) {
      if (on) this.ids.add(id)
      else this.ids.delete(id)
    }
    this.changed()
  }

  setAll(order: string[]) {
    this.ids = new Set(order)
    this.changed()
  }

  clear() {
    if (!this.ids.size) return
    this.ids.clear()
    this.anchor = null
    this.changed()
  }

  /** Rows that are gone must not stay selected unseen. */
  keepOnly(order: string[]) {
    const there = new Set(order)
    let removed = false
    for (const id of this.ids) if (!there.has(id)) { this.ids.delete(id); removed = true }
    if (removed) this.changed()
  }

  setCursor(id: string | null) {
    if (this.cursorId === id) return
    this.cursorId = id
    this.changed()
  }

  move(order: string[], step: number): string | null {
    if (!order.length) return null
    const at = this.cursorId === null ? -1 : order.indexOf(this.cursorId)
    const next = at < 0 ? (step > 0 ? 0 : order.length - 1) : Math.max(0, Math.min(order.length - 1, at + step))
    this.setCursor(order[next] ?? null)
    return this.cursorId
  }

  private changed() {
    for (const listener of this.listeners) listener()
  }
}
