// SPDX-License-Identifier: Apache-2.0

type KeyLike = { isComposing?: boolean; keyCode?: number; nativeEvent?: { isComposing?: boolean; keyCode?: number } }

/** Safari sends the committing Enter with isComposing=false and keyCode 229, so both are asked. */
export function isIme(event: KeyLike): boolean {
  const native = event.nativeEvent ?? event
  return native.isComposing === true || native.keyCode === 229
}
