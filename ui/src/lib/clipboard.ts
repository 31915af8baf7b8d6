// SPDX-License-Identifier: Apache-2.0

/** navigator.clipboard is missing on plain HTTP; the old way works there. */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      // A refused permission still leaves the old way.
    }
  }
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'offscreen'
  const focused = document.activeElement as HTMLElement | null
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  focused?.focus()
  return done
}
