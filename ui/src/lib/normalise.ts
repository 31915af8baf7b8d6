// SPDX-License-Identifier: Apache-2.0

const hyphens = /[-‐‑‒–—―−ーｰ]/g

/** Numbers arrive full width, with every kind of hyphen, or with a long-vowel mark typed for one. */
export function normaliseNumber(text: string): string {
  return text.normalize('NFKC').replace(hyphens, '-').replace(/\s+/g, '').trim()
}

export function normaliseTracking(text: string): string {
  return normaliseNumber(text).replace(/-/g, '').toUpperCase()
}

/** A spreadsheet has turned the number into 4.00123E+11; its digits are lost. */
export function isDamagedNumber(text: string): boolean {
  return /^\d(\.\d+)?E\+\d+$/i.test(text.normalize('NFKC').trim())
}

export function splitOrderNumbers(text: string): string[] {
  const seen = new Set<string>()
  for (const piece of text.normalize('NFKC').split(/[\s,;、]+/)) {
    const number = piece.replace(hyphens, '-').trim()
    if (number) seen.add(number)
  }
  return [...seen]
}

export function looksLikeOrderNumber(text: string): boolean {
  const number = normaliseNumber(text)
  return /\d{5,}/.test(number) && /^[\w.-]+$/.test(number)
}

export function hasFullWidth(text: string): boolean {
  return /[^\u0020-\u007e]/.test(text)
}

export function formatZip(zip: string | null | undefined): string {
  if (!zip) return ''
  return /^\d{7}$/.test(zip) ? `${zip.slice(0, 3)}-${zip.slice(3)}` : zip
}

/** Twelve-digit numbers of Yamato, Sagawa and Japan Post end in the rest of division by 7. */
export function checkDigitOk(carrier: string | null | undefined, tracking: string): boolean {
  if (!carrier || !['yamato', 'sagawa', 'japan_post'].includes(carrier)) return true
  if (!/^\d{12}$/.test(tracking)) return !/^\d+$/.test(tracking) || (carrier === 'japan_post' && tracking.length === 11)
  return Number(BigInt(tracking.slice(0, 11)) % 7n) === Number(tracking[11])
}
