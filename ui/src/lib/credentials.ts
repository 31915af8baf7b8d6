// SPDX-License-Identifier: Apache-2.0

export type Left = { key: 'key.none' | 'key.unknown' | 'key.missing' | 'key.today' | 'key.past' | 'key.left' | 'key.about'; days: number; tone: 'red' | 'yellow' | 'grey' }
type CredentialLike = { present: boolean; days_left?: number | null; expiry_known?: string | null }

/** How urgent an end is; an estimated end says so. */
export function credentialLeft(item: CredentialLike): Left {
  if (!item.present) return { key: 'key.missing', days: 0, tone: 'red' }
  if (item.expiry_known === 'none') return { key: 'key.none', days: 0, tone: 'grey' }
  const days = item.days_left
  if (days === null || days === undefined) return { key: 'key.unknown', days: 0, tone: 'grey' }
  if (days < 0) return { key: 'key.past', days: -days, tone: 'red' }
  if (days === 0) return { key: 'key.today', days: 0, tone: 'red' }
  const tone = days <= 7 ? 'red' : days <= 14 ? 'yellow' : 'grey'
  return { key: item.expiry_known === 'estimated' ? 'key.about' : 'key.left', days, tone }
}
