// SPDX-License-Identifier: Apache-2.0
import { Button, Loader } from '@mantine/core'
import { Component, type ErrorInfo, type ReactNode } from 'react'
import { ProblemError } from '../api/problem'
import { currentLanguage, translate, useT } from '../i18n'
import { messageOf } from './toast'

export function Loading() {
  const t = useT()
  return <div className="loading" role="status"><Loader size="sm" aria-label={t('common.loading')} /></div>
}

export function ProblemView({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const t = useT()
  return (
    <div className="problem" role="alert">
      <strong>{messageOf(error)}</strong>
      {error instanceof ProblemError && <small>{error.problem.code}</small>}
      {onRetry && <Button size="xs" variant="default" onClick={onRetry}>{t('common.retry')}</Button>}
    </div>
  )
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return <div className="empty"><strong>{title}</strong>{children}</div>
}

/** A chunk that is gone after an upgrade is fetched anew once; anything else is shown, not swallowed. */
export class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null }
  static getDerivedStateFromError(error: Error) {
    return { error }
  }
  override componentDidCatch(error: Error, info: ErrorInfo) {
    if (/dynamically imported module|Importing a module/i.test(error.message) && !sessionStorage.getItem('juchu-reloaded')) {
      sessionStorage.setItem('juchu-reloaded', '1')
      window.location.reload()
      return
    }
    console.error(error, info.componentStack)
  }
  override render() {
    if (!this.state.error) return this.props.children
    const text = (key: 'common.broken' | 'common.reload') => translate(currentLanguage(), key)
    return (
      <div className="screen">
        <div className="problem" role="alert">
          <strong>{text('common.broken')}</strong>
          <small>{this.state.error.message}</small>
          <Button size="xs" variant="default" onClick={() => window.location.reload()}>{text('common.reload')}</Button>
        </div>
      </div>
    )
  }
}
