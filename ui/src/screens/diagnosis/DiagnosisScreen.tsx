// SPDX-License-Identifier: Apache-2.0
import { Button, Radio, Select, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { api, take } from '../../api/client'
import { useShops } from '../../api/hooks'
import { keys } from '../../api/keys'
import { useSession } from '../../api/session'
import type { Diagnosis, DiagnosisQuestion } from '../../api/types'
import { VerdictView, verdictAsText } from '../../blocks/VerdictView'
import { useLanguage, useT } from '../../i18n'
import { copyText } from '../../lib/clipboard'
import { formatFull, formatTime } from '../../lib/dates'
import { may } from '../../lib/permissions'
import { Empty, Loading, ProblemView } from '../../parts/States'
import { toast } from '../../parts/toast'

const questions: DiagnosisQuestion[] = ['order', 'shop', 'writeback', 'reflect', 'paid', 'stuck']
const aboutShop = (question: DiagnosisQuestion) => question === 'shop' || question === 'reflect'

function Earlier({ current }: { current: string | undefined }) {
  const t = useT()
  const query = useQuery({ queryKey: keys.diagnoses, queryFn: () => take(api.GET('/diagnoses', { params: { query: { limit: 20 } } })) })
  const list = query.data?.diagnoses ?? []
  if (query.isPending) return <Loading />
  if (query.isError) return <ProblemView error={query.error} onRetry={() => void query.refetch()} />
  if (list.length === 0) return null
  return (
    <section className="card" aria-label={t('diagnosis.earlier')}>
      <div className="card-head"><h2>{t('diagnosis.earlier')}</h2></div>
      <div className="simple-scroll">
        <table className="simple">
          <tbody>
            {list.map((item) => (
              <tr key={item.id} aria-current={item.id === current ? 'true' : undefined}>
                <td className="nowrap" title={formatFull(item.at)}>{formatTime(item.at)}</td>
                <td className="nowrap">{t(`diagnosis.q.${item.question}`)}</td>
                <td className="nowrap"><Link href={`/diagnosis/${item.id}`}>{item.subject}</Link></td>
                <td>{item.text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function Result({ diagnosis, onAgain }: { diagnosis: Diagnosis; onAgain: () => void }) {
  const t = useT()
  const language = useLanguage()
  const [evidence, setEvidence] = useState(false)
  const { verdict } = diagnosis
  const kept = useQuery({
    queryKey: keys.diagnosis(diagnosis.id ?? ''), enabled: evidence && !!diagnosis.id && !diagnosis.evidence,
    queryFn: () => take(api.GET('/diagnoses/{id}', { params: { path: { id: diagnosis.id ?? '' } } })),
  })
  const shown = diagnosis.evidence ?? kept.data?.evidence
  const copy = async () => { if (await copyText(verdictAsText(verdict, language))) toast({ message: t('diagnosis.copied') }) }
  return (
    <section className="card" aria-label={t('diagnosis.title')}>
      <div className="card-head">
        <h2 className="grow">{formatTime(verdict.at)} {verdict.order_no} <span className="muted">{verdict.shop}</span></h2>
      </div>
      <div className="card-body stack">
        <VerdictView verdict={verdict} onActed={() => undefined} />
        <div className="line">
          <Button size="xs" variant="default" onClick={() => setEvidence(!evidence)} aria-expanded={evidence}>{t(evidence ? 'diagnosis.evidenceHide' : 'diagnosis.evidence')}</Button>
          <Button size="xs" variant="default" onClick={() => void copy()}>{t('diagnosis.copy')}</Button>
          <Button size="xs" variant="default" onClick={onAgain}>{t('diagnosis.again')}</Button>
        </div>
        {evidence && (kept.isFetching ? <Loading /> : <pre className="raw evidence" tabIndex={0}>{JSON.stringify(shown ?? {}, null, 2)}</pre>)}
      </div>
    </section>
  )
}

export default function DiagnosisScreen({ id }: { id?: string }) {
  const t = useT()
  const [, navigate] = useLocation()
  const params = new URLSearchParams(useSearch())
  const queries = useQueryClient()
  const shops = useShops()
  const allowed = may(useSession().user.role, 'staff')
  const asked = params.get('question') as DiagnosisQuestion | null
  const [question, setQuestion] = useState<DiagnosisQuestion>(asked && questions.includes(asked) ? asked : 'order')
  const [shop, setShop] = useState<string | null>(params.get('shop'))
  const [orderNo, setOrderNo] = useState(params.get('order_no') ?? '')
  const [fresh, setFresh] = useState<Diagnosis | null>(null)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const started = useRef(false)
  const kept = useQuery({ queryKey: keys.diagnosis(id ?? ''), enabled: !!id && fresh?.id !== id, queryFn: () => take(api.GET('/diagnoses/{id}', { params: { path: { id: id ?? '' } } })) })
  const shown = fresh && (!id || fresh.id === id) ? fresh : kept.data

  const ask = async (about: { question: DiagnosisQuestion; shop: string | null; orderNo: string }) => {
    setBusy(true)
    setFailure(null)
    try {
      const answer = await take(api.POST('/diagnoses', { body: { question: about.question, ...(about.shop && { shop: about.shop }), ...(!aboutShop(about.question) && { order_no: about.orderNo }) } }))
      setFresh(answer)
      void queries.invalidateQueries({ queryKey: keys.diagnoses })
      navigate(`/diagnosis/${answer.id ?? ''}`, { replace: true })
    } catch (error) {
      setFailure(error)
    } finally {
      setBusy(false)
    }
  }
  // A なぜ？ button brings its question along; it is asked once.
  useEffect(() => {
    if (started.current || params.get('run') !== '1' || !allowed) return
    started.current = true
    void ask({ question, shop, orderNo })
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void ask({ question, shop, orderNo })
  }
  const again = () => {
    if (!shown) return
    void ask({ question: shown.verdict.question, shop: shown.verdict.shop_id, orderNo: shown.verdict.order_no ?? '' })
  }
  return (
    <div className="screen diagnosis">
      <div className="screen-title"><h1 className="grow">{t('diagnosis.title')}</h1></div>
      <form className="card" onSubmit={submit} aria-label={t('diagnosis.ask')}>
        <div className="card-body stack">
          <Radio.Group label={t('diagnosis.ask')} value={question} onChange={(value) => setQuestion(value as DiagnosisQuestion)}>
            <div className="questions">{questions.map((item) => <Radio key={item} value={item} label={t(`diagnosis.q.${item}`)} />)}</div>
          </Radio.Group>
          <div className="line diagnosis-ask">
            {!aboutShop(question) && <TextInput label={t('diagnosis.orderNo')} description={t('diagnosis.orderNoHint')} value={orderNo} onChange={(event) => setOrderNo(event.currentTarget.value)} maxLength={100} autoComplete="off" className="diagnosis-number" />}
            <Select label={t('order.shop')} placeholder={t('diagnosis.shopAuto')} data={shops.map((item) => ({ value: item.id, label: item.name }))} value={shop} onChange={setShop} clearable={!aboutShop(question)} />
            <Button size="sm" type="submit" loading={busy} disabled={!allowed || (aboutShop(question) ? !shop : !orderNo.trim())} title={allowed ? undefined : t('common.staffOnly')}>{t('diagnosis.run')}</Button>
            {busy && <span className="muted" role="status">{t('diagnosis.running')}</span>}
          </div>
          <div role="alert">{failure !== null && <ProblemView error={failure} />}</div>
        </div>
      </form>
      {id && kept.isError && <ProblemView error={kept.error} onRetry={() => void kept.refetch()} />}
      {shown ? <Result diagnosis={shown} onAgain={again} /> : !id && !busy && <Empty title={t('diagnosis.none')}><span>{t('diagnosis.noneHint')}</span></Empty>}
      <Earlier current={id} />
    </div>
  )
}
