// SPDX-License-Identifier: Apache-2.0

export const eventNames = ['order.changed', 'counts.changed', 'fetch_run.progress', 'writeback.changed', 'shop.changed', 'reset'] as const
export type EventName = (typeof eventNames)[number]
export type StreamMessage = { kind: 'state'; open: boolean } | { kind: 'event'; name: EventName; data: unknown }
