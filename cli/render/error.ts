import { isAbsolute, relative } from 'node:path'
import { CodedError, type Place } from '../../shared/domain/errors.ts'
import { UsageError } from '../io.ts'

export type ErrorStyle = {
  readonly cwd: string
  readonly isJson: boolean
  readonly isDebug: boolean
  /** Columns of the terminal; without one nothing is wrapped. */
  readonly width?: number
}

/** `compose.yaml:14:5`, as seen from where the person stands. */
export function placeText({ file, line, column }: Place, cwd: string): string {
  const near = relative(cwd, file)
  return `${near === '' || near.startsWith('..') || isAbsolute(near) ? file : near}:${line}:${column}`
}

/** An error as a person sees it: code, where, what; then what to do. One thing, and no stack trace unless asked for. */
export function renderError(error: unknown, style: ErrorStyle): readonly string[] {
  const stack = style.isDebug && error instanceof Error ? [...(error.stack ?? '').split('\n'), ...causes(error)] : []
  if (style.isJson) return [JSON.stringify(asJson(error)), ...stack]
  return [...asText(error, style), ...stack]
}

function asText(error: unknown, { cwd, width = Number.POSITIVE_INFINITY }: ErrorStyle): readonly string[] {
  if (error instanceof UsageError) return [`longshore: ${error.message}`]
  const { code, message, hint, place } = shown(error)
  const indent = ' '.repeat(code.length + 2)
  const where = place ? `${placeText(place, cwd)}  ` : ''
  const [first = '', ...rest] = message.split('\n')
  const more = [...rest, ...(hint?.split('\n') ?? [])]
  const lines = [`${where}${first}`, ...more].flatMap(line => wrap(line, width - indent.length))
  return lines.map((line, at) => (at === 0 ? `${code}  ${line}` : `${indent}${line}`))
}

/** Broken between words; what a line is indented by stays before all of its parts. */
function wrap(line: string, width: number): readonly string[] {
  const [, indent = '', text = ''] = /^(\s*)(.*)$/s.exec(line)!
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && indent.length + last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.map(part => indent + part)
}

function asJson(error: unknown) {
  if (error instanceof UsageError) return { error: { code: 'usage', message: error.message } }
  const { code, message, hint, place } = shown(error)
  return { error: { code, message, hint, ...(place && { file: place.file, line: place.line, column: place.column }) } }
}

type Shown = { readonly code: string; readonly message: string; readonly hint?: string; readonly place?: Place }

function shown(error: unknown): Shown {
  if (error instanceof CodedError) return error
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'LS-INTERNAL', message, hint: 'This is a bug in Longshore. LONGSHORE_DEBUG=1 shows where.' }
}

function causes(error: Error): readonly string[] {
  const { cause } = error
  return cause instanceof Error ? [`caused by: ${cause.stack ?? cause.message}`, ...causes(cause)] : []
}
