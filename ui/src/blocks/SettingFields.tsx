// SPDX-License-Identifier: Apache-2.0
import { Checkbox, Select, TextInput, Textarea } from '@mantine/core'
import type { components } from '../api/schema'
import { useT } from '../i18n'
import { normaliseNumber } from '../lib/normalise'
import { DateField } from '../parts/DateField'

export type SettingsSchema = components['schemas']['SettingsSchema']
export type SettingValues = Record<string, unknown>
type Setting = SettingsSchema['settings'][number]
/** Beside a choice: how many orders were in that status lately. */
export type ChoiceNotes = Record<string, Record<string, string>>
type Props = { schema: SettingsSchema; values: SettingValues; notes?: ChoiceNotes; onChange: (name: string, value: unknown) => void; errors: Record<string, string>; disabled?: boolean }

/** The connector says what a shop must fill in; no form is written by hand. */
export function SettingFields({ schema, values, notes, onChange, errors, disabled = false }: Props) {
  return <>{schema.settings.map((setting) => <Field key={setting.name} setting={setting} notes={notes?.[setting.name]} value={values[setting.name] ?? setting.default} onChange={(value) => onChange(setting.name, value)} error={errors[`settings.${setting.name}`] ?? errors[setting.name]} disabled={disabled} />)}</>
}

type FieldProps = { setting: Setting; notes: Record<string, string> | undefined; value: unknown; onChange: (value: unknown) => void; error: string | undefined; disabled: boolean }

function Field({ setting, notes, value, onChange, error, disabled }: FieldProps) {
  const t = useT()
  const description = [setting.help, setting.where].filter(Boolean).join(' ') || undefined
  const common = { label: setting.label, description, error, disabled, withAsterisk: setting.required, size: 'xs' as const }
  const text = value === null || value === undefined ? '' : String(value)
  switch (setting.kind) {
    case 'boolean':
      return <Checkbox size="xs" label={setting.label} description={description} error={error} disabled={disabled} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
    case 'choice':
      return <Select {...common} data={(setting.choices ?? []).map((choice) => ({ value: choice.code, label: choice.label }))} value={text || null} onChange={onChange} />
    case 'multi_choice': {
      const chosen = Array.isArray(value) ? value.map(String) : []
      return (
        <fieldset className="plain-fieldset">
          <legend>{setting.label}</legend>
          {description && <p className="muted">{description}</p>}
          <div className="line">{setting.choices?.map((choice) => (
            <label key={choice.code} className="line tick-label"><input type="checkbox" disabled={disabled} checked={chosen.includes(choice.code)} onChange={() => onChange(chosen.includes(choice.code) ? chosen.filter((code) => code !== choice.code) : [...chosen, choice.code])} />{choice.label}{notes?.[choice.code] && <span className="muted">({notes[choice.code]})</span>}</label>
          ))}</div>
          {error && <p className="field-error">{error}</p>}
        </fieldset>
      )
    }
    case 'date':
      return <DateField label={setting.label} value={text} onChange={onChange} error={error} disabled={disabled} />
    case 'integer':
      return <TextInput {...common} inputMode="numeric" value={text} onChange={(event) => onChange(event.currentTarget.value)} onBlur={(event) => { const number = Number(normaliseNumber(event.currentTarget.value)); if (event.currentTarget.value && Number.isInteger(number)) onChange(number) }} />
    case 'key_file':
      return <Textarea {...common} autosize minRows={3} maxRows={8} value={text} spellCheck={false} onChange={(event) => onChange(event.currentTarget.value)} />
    case 'oauth':
      return setting.url ? <a href={setting.url} target="_blank" rel="noreferrer noopener">{setting.label}</a> : <p className="muted">{t('shops.oauthMissing', { label: setting.label })}</p>
    default:
      return <TextInput {...common} value={text} maxLength={setting.max_length ?? undefined} autoComplete="off" onChange={(event) => onChange(event.currentTarget.value)} />
  }
}
