// SPDX-License-Identifier: Apache-2.0

/** crypto.randomUUID is missing where the page is not a secure context, as on a shop's own network. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
