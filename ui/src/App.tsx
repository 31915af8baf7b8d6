// SPDX-License-Identifier: Apache-2.0
import { useMantineColorScheme } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Redirect, Route, Switch } from 'wouter'
import { api, take } from './api/client'
import { startEvents, stopEvents } from './api/events'
import { loadPreferences, usePreferences } from './api/preferences'
import { ProblemError } from './api/problem'
import { sessionEnded, sessionStarted, useSessionState } from './api/session'
import { Frame } from './frame/Frame'
import { setLanguage, useT } from './i18n'
import { setZone } from './lib/dates'
import { Boundary, Empty, Loading, ProblemView } from './parts/States'
import { LoginForm } from './screens/login/LoginForm'

const OrdersScreen = lazy(() => import('./screens/orders/OrdersScreen'))
const OrderScreen = lazy(() => import('./screens/order/OrderScreen'))
const FetchScreen = lazy(() => import('./screens/fetch/FetchScreen'))
const WritebacksScreen = lazy(() => import('./screens/writebacks/WritebacksScreen'))
const DiagnosisScreen = lazy(() => import('./screens/diagnosis/DiagnosisScreen'))
const ShopsScreen = lazy(() => import('./screens/shops/ShopsScreen'))
const SettingsScreen = lazy(() => import('./screens/settings/SettingsScreen'))

function NotFound() {
  const t = useT()
  return <Empty title={t('frame.notFound')}><a href="/orders">{t('frame.toOrders')}</a></Empty>
}

export function App() {
  const { session, known, expired } = useSessionState()
  const [failure, setFailure] = useState<unknown>(null)
  const [attempt, setAttempt] = useState(0)
  const queries = useQueryClient()
  const preferences = usePreferences()
  // Without keepTransitions the kit adds a style tag at each change, which the policy forbids.
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true })
  const user = session?.user.id

  useEffect(() => {
    let live = true
    setFailure(null)
    take(api.GET('/session')).then(
      (found) => { if (live) sessionStarted(found) },
      (error: unknown) => {
        if (!live) return
        if (error instanceof ProblemError && error.problem.status === 401) sessionEnded()
        else setFailure(error)
      },
    )
    return () => { live = false }
  }, [attempt])

  useEffect(() => {
    if (!user) return
    startEvents()
    void loadPreferences().catch(() => undefined)
    return () => {
      stopEvents()
      queries.clear()
    }
  }, [user, queries])

  useEffect(() => { if (session) setZone(session.org.time_zone) }, [session])
  useEffect(() => { if (preferences.language && user) setLanguage(preferences.language) }, [preferences.language, user])
  useEffect(() => { setColorScheme(preferences.color_scheme ?? 'auto') }, [preferences.color_scheme, setColorScheme])
  useEffect(() => { document.documentElement.dataset.density = preferences.density ?? 'compact' }, [preferences.density])

  if (!known) return failure ? <div className="login"><ProblemView error={failure} onRetry={() => setAttempt(attempt + 1)} /></div> : <Loading />
  if (!session) return <main className="login"><LoginForm /></main>
  return (
    <>
      <Frame>
        <Boundary>
          <Suspense fallback={<Loading />}>
            <Switch>
              <Route path="/"><Redirect to="/orders" replace /></Route>
              <Route path="/orders"><OrdersScreen /></Route>
              <Route path="/orders/:id">{({ id }) => <OrderScreen key={id} id={id} />}</Route>
              <Route path="/fetch"><FetchScreen /></Route>
              <Route path="/fetch/:id">{({ id }) => <FetchScreen runId={id} />}</Route>
              <Route path="/writebacks"><WritebacksScreen /></Route>
              <Route path="/diagnosis"><DiagnosisScreen /></Route>
              <Route path="/diagnosis/:id">{({ id }) => <DiagnosisScreen id={id} />}</Route>
              <Route path="/shops"><ShopsScreen /></Route>
              <Route path="/settings"><Redirect to="/settings/shops" replace /></Route>
              <Route path="/settings/:page">{({ page }) => <SettingsScreen page={page} />}</Route>
              <Route path="/settings/:page/:id">{({ page, id }) => <SettingsScreen page={page} id={id} />}</Route>
              <Route><NotFound /></Route>
            </Switch>
          </Suspense>
        </Boundary>
      </Frame>
      {expired && <div className="login-over" role="dialog" aria-modal="true" aria-label="Juchu"><LoginForm over /></div>}
    </>
  )
}
