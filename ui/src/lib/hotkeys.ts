// SPDX-License-Identifier: Apache-2.0
import { isIme } from './ime'

export type KeyMode = 'all' | 'modifiers' | 'none'
type KeyEvent = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'isComposing' | 'keyCode'>

/** With the IME on and no input focused the key arrives as `Process`; the code still tells which key it was. */
export function keyName(event: KeyEvent): string {
  let key = event.key
  if (key === 'Process') {
    const match = /^(?:Key([A-Z])|Digit(\d))$/.exec(event.code)
    key = match ? (match[1] ?? match[2] ?? '').toLowerCase() : ({ BracketLeft: '[', BracketRight: ']', Slash: '/' }[event.code] ?? event.code)
  }
  if (key === ' ') key = 'Space'
  if (/^[A-Z]$/.test(key)) key = key.toLowerCase()
  const shift = event.shiftKey && (key.length > 1 || /^[a-z]$/.test(key)) ? 'Shift+' : ''
  return `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${shift}${key}`
}

export function isTyping(target: unknown): boolean {
  const element = target as { tagName?: string; isContentEditable?: boolean; type?: string } | null
  if (!element?.tagName) return false
  if (element.isContentEditable) return true
  if (element.tagName === 'TEXTAREA' || element.tagName === 'SELECT') return true
  return element.tagName === 'INPUT' && !['checkbox', 'radio', 'button', 'submit'].includes(element.type ?? 'text')
}

export function isCharacterKey(name: string): boolean {
  return !name.includes('Ctrl+') && !name.includes('Alt+') && (name.replace('Shift+', '').length === 1)
}

/** Enter and Space belong to the button, tick or link that has focus; only a row's own link lends them to the list. */
export function keepsKey(name: string, target: unknown): boolean {
  if (!['Enter', 'Space', 'Shift+Space'].includes(name)) return false
  const element = target as { closest?: (selector: string) => unknown } | null
  if (!element?.closest) return false
  return element.closest('button, input, select, textarea, summary, [role=button], [role=tab], a:not(.order-no)') !== null
}

/** Whether a handler may see this key at all, given what has focus and what the person allows. */
export function allowed(event: KeyEvent & { target?: unknown }, mode: KeyMode): boolean {
  const name = keyName(event)
  if (isTyping(event.target)) return !isIme(event) && (name.startsWith('Ctrl+') && !['Ctrl+a', 'Ctrl+z', 'Ctrl+c', 'Ctrl+v', 'Ctrl+x'].includes(name))
  if (isIme(event) && event.key !== 'Process') return false
  if (mode === 'none') return ['Escape', 'ArrowUp', 'ArrowDown', 'Enter', 'Space'].includes(name)
  if (mode === 'modifiers') return !isCharacterKey(name)
  return true
}
