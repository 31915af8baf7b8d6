// SPDX-License-Identifier: Apache-2.0
import { notifications } from '@mantine/notifications'
import { ProblemError } from '../api/problem'
import { currentLanguage, translate } from '../i18n'

type Action = { label: string; run: () => void }
type Toast = { message: string; tone?: 'done' | 'failed' | 'info'; actions?: Action[] }

let undoLast: (() => void) | null = null

/** The same undo that the toast offers, for the key Z. */
export function takeUndo(): (() => void) | null {
  const run = undoLast
  undoLast = null
  return run
}

export function offerUndo(run: () => void) {
  undoLast = run
}

export function toast({ message, tone = 'done', actions = [] }: Toast) {
  const id = notifications.show({
    message: (
      <div className="toast-body">
        <span>{message}</span>
        <span className="line">
          {actions.map((action) => (
            <button key={action.label} type="button" className="plain-button nowrap" onClick={() => { notifications.hide(id); action.run() }}>{action.label}</button>
          ))}
        </span>
      </div>
    ),
    color: tone === 'failed' ? 'red' : 'blue',
    autoClose: tone === 'failed' ? 20_000 : 10_000,
    role: tone === 'failed' ? 'alert' : 'status',
    withCloseButton: true,
    closeButtonProps: { 'aria-label': translate(currentLanguage(), 'common.close') },
  })
}

export function messageOf(error: unknown): string {
  if (error instanceof ProblemError) return [error.problem.detail, error.problem.hint].filter(Boolean).join(' ')
  return translate(currentLanguage(), 'common.offline')
}

export function toastError(error: unknown) {
  toast({ message: messageOf(error), tone: 'failed' })
}
