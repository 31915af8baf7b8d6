// SPDX-License-Identifier: Apache-2.0
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useRef, useSyncExternalStore, type CSSProperties, type MouseEvent, type ReactNode, type RefObject } from 'react'
import { useT } from '../i18n'
import type { SelectionStore } from '../lib/selection'

export type Column<R> = {
  key: string
  header: string
  width: number
  number?: boolean
  sticky?: boolean
  render: (row: R) => ReactNode
  title?: (row: R) => string | undefined
  sort?: { direction: 'ascending' | 'descending' | undefined; toggle: () => void }
}

type Props<R> = {
  label: string
  rows: R[]
  columns: Column<R>[]
  rowId: (row: R) => string
  rowName: (row: R) => string
  rowClass?: (row: R) => string
  store: SelectionStore
  onOpen: (row: R) => void
  onEnd?: () => void
  total?: number | null
  rowHeight: number
  keyboard: RefObject<boolean>
}

const tickWidth = 36

type RowProps<R> = Pick<Props<R>, 'columns' | 'store' | 'onOpen' | 'rowName' | 'keyboard'> & {
  row: R; id: string; index: number; className: string; order: RefObject<string[]>
}

function RowInner<R>({ row, id, index, className, columns, store, onOpen, rowName, keyboard, order }: RowProps<R>) {
  const t = useT()
  const selected = useSyncExternalStore(store.subscribe, () => store.has(id))
  const cursor = useSyncExternalStore(store.subscribe, () => store.cursor() === id)
  const element = useRef<HTMLTableRowElement>(null)
  useEffect(() => {
    if (cursor && keyboard.current) element.current?.querySelector<HTMLElement>('a')?.focus({ preventScroll: true })
  }, [cursor, keyboard])
  const tick = (event: MouseEvent) => {
    if (event.shiftKey) store.range(order.current, id)
    else store.toggle(id)
  }
  const open = (event: MouseEvent) => {
    if ((event.target as HTMLElement).closest('a,button,input,label')) return
    if (window.getSelection()?.toString()) return
    store.setCursor(id)
    onOpen(row)
  }
  return (
    <tr ref={element} aria-selected={selected} aria-rowindex={index + 2} className={`${className}${cursor ? ' cursor' : ''}`} onClick={open}>
      <td className="tick sticky" style={stickyAt(0)}>
        <label className="tick-area">
          <input type="checkbox" checked={selected} onChange={() => undefined} onClick={tick} aria-label={t('table.selectRow', { name: rowName(row) })} />
        </label>
      </td>
      {columns.map((column, at) => (
        <td key={column.key} className={cellClass(column)} style={column.sticky && at === 0 ? stickyAt(tickWidth) : undefined} title={column.title?.(row)}>
          {column.render(row)}
        </td>
      ))}
    </tr>
  )
}
const Row = memo(RowInner) as typeof RowInner

function stickyAt(left: number): CSSProperties {
  return { left }
}

function cellClass<R>(column: Column<R>): string | undefined {
  return [column.number && 'number', column.sticky && 'sticky'].filter(Boolean).join(' ') || undefined
}

function SelectAll<R>({ rows, rowId, store }: Pick<Props<R>, 'rows' | 'rowId' | 'store'>) {
  const t = useT()
  const size = useSyncExternalStore(store.subscribe, store.size)
  const box = useRef<HTMLInputElement>(null)
  const all = rows.length > 0 && size >= rows.length
  useEffect(() => {
    if (box.current) box.current.indeterminate = size > 0 && !all
  }, [size, all])
  return (
    <label className="tick-area">
      <input ref={box} type="checkbox" checked={all} onChange={() => (all ? store.clear() : store.setAll(rows.map(rowId)))} aria-label={t('table.selectAll')} />
    </label>
  )
}

/** Rows are windowed: what is not in view is a spacer, so 500 orders cost as much as 40. */
export function DataTable<R>(props: Props<R>) {
  const { label, rows, columns, rowId, rowName, rowClass, store, onOpen, onEnd, total, rowHeight, keyboard } = props
  const scroller = useRef<HTMLDivElement>(null)
  const order = useRef<string[]>([])
  order.current = rows.map(rowId)
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 10, initialRect: { width: 1200, height: 700 } })
  useEffect(() => { virtual.measure() }, [rowHeight, virtual])
  const items = virtual.getVirtualItems()
  const before = items[0]?.start ?? 0
  const last = items[items.length - 1]
  const after = last ? virtual.getTotalSize() - last.end : 0
  const lastIndex = last?.index ?? 0
  useEffect(() => {
    if (onEnd && rows.length > 0 && lastIndex >= rows.length - 15) onEnd()
  }, [lastIndex, rows.length, onEnd])
  useEffect(() => store.subscribe(() => {
    const at = keyboard.current ? order.current.indexOf(store.cursor() ?? '') : -1
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' })
  }), [store, virtual, keyboard])
  const width = tickWidth + columns.reduce((sum, column) => sum + column.width, 0)
  const span = columns.length + 1
  return (
    <div ref={scroller} className="table-scroll" role="region" aria-label={label} tabIndex={0}>
      <table className="table" style={{ width }} aria-rowcount={total ?? -1}>
        <colgroup>
          <col style={{ width: tickWidth }} />
          {columns.map((column) => <col key={column.key} style={{ width: column.width }} />)}
        </colgroup>
        <thead>
          <tr>
            <th scope="col" className="tick sticky" style={stickyAt(0)}><SelectAll rows={rows} rowId={rowId} store={store} /></th>
            {columns.map((column, at) => (
              <th key={column.key} scope="col" className={cellClass(column)} style={column.sticky && at === 0 ? stickyAt(tickWidth) : undefined} aria-sort={column.sort?.direction}>
                {column.sort
                  ? <button type="button" className="table-sort" onClick={column.sort.toggle}>{column.header} {column.sort.direction === 'ascending' ? '▲' : column.sort.direction === 'descending' ? '▼' : ''}</button>
                  : column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr className="spacer" aria-hidden="true"><td colSpan={span} style={{ height: before }} /></tr>}
          {items.map((item) => {
            const row = rows[item.index]
            if (!row) return null
            const id = rowId(row)
            return <Row key={id} row={row} id={id} index={item.index} className={rowClass?.(row) ?? ''} columns={columns} store={store} onOpen={onOpen} rowName={rowName} keyboard={keyboard} order={order} />
          })}
          {after > 0 && <tr className="spacer" aria-hidden="true"><td colSpan={span} style={{ height: after }} /></tr>}
        </tbody>
      </table>
    </div>
  )
}
