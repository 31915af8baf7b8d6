// SPDX-License-Identifier: Apache-2.0
import { common } from './en/common'
import { orders } from './en/orders'
import { diagnosis } from './en/diagnosis'
import { malls } from './en/malls'
import { settings } from './en/settings'
import type { ja } from './ja'

export const en: Record<keyof typeof ja, string> = { ...common, ...orders, ...diagnosis, ...malls, ...settings }
