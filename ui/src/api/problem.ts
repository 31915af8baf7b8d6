// SPDX-License-Identifier: Apache-2.0
import type { Problem } from './types'

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail)
    this.name = 'ProblemError'
  }
}

export function isConflict(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problem.status === 412
}

export function isCode(error: unknown, code: string): error is ProblemError {
  return error instanceof ProblemError && error.problem.code === code
}

/** No answer at all: the server is away, not of another opinion. */
export function isOffline(error: unknown): boolean {
  return error instanceof TypeError
}

export function fieldErrors(error: unknown): Record<string, string> {
  const out: Record<string, string> = {}
  if (error instanceof ProblemError) for (const item of error.problem.errors ?? []) out[item.field] = item.detail
  return out
}
