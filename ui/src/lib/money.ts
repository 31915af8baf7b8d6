// SPDX-License-Identifier: Apache-2.0

const numbers = new Intl.NumberFormat('en-US')

export function count(value: number): string {
  return numbers.format(value)
}

/** null is not zero: the mall has not decided yet. */
export function yen(value: number | null | undefined, language: 'ja' | 'en'): string {
  if (value === null || value === undefined) return language === 'ja' ? '未確定' : 'undecided'
  return language === 'ja' ? `${numbers.format(value)}円` : `¥${numbers.format(value)}`
}
