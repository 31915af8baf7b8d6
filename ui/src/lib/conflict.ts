// SPDX-License-Identifier: Apache-2.0

export type Values = Record<string, string>
export type Difference = { field: string; base: string; theirs: string; mine: string }

/** Fields where both sides moved away from what was read, and not to the same value. */
export function differences(base: Values, theirs: Values, mine: Values): Difference[] {
  const fields = new Set([...Object.keys(base), ...Object.keys(theirs), ...Object.keys(mine)])
  const out: Difference[] = []
  for (const field of fields) {
    const b = base[field] ?? ''
    const t = theirs[field] ?? ''
    const m = mine[field] ?? ''
    if (t !== m && t !== b && m !== b) out.push({ field, base: b, theirs: t, mine: m })
  }
  return out
}

/** What I changed goes on top of what they changed; `choice` settles the fields where both did. */
export function merge(base: Values, theirs: Values, mine: Values, choice: Record<string, 'theirs' | 'mine'>): Values {
  const out: Values = {}
  for (const field of new Set([...Object.keys(base), ...Object.keys(theirs), ...Object.keys(mine)])) {
    const b = base[field] ?? ''
    const t = theirs[field] ?? ''
    const m = mine[field] ?? ''
    if (m === b) out[field] = t
    else if (t === b || t === m) out[field] = m
    else out[field] = choice[field] === 'theirs' ? t : m
  }
  return out
}
