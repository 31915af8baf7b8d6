// SPDX-License-Identifier: Apache-2.0
import { common } from './ja/common'
import { orders } from './ja/orders'
import { diagnosis } from './ja/diagnosis'
import { malls } from './ja/malls'
import { settings } from './ja/settings'

/** Japanese is the source of truth; a key that is missing in another language does not compile. */
export const ja = { ...common, ...orders, ...diagnosis, ...malls, ...settings }
