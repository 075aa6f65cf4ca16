import type { ServiceStatus } from '../../shared/api/contract.ts'
import { cutTo, type Paint, padEnd, widthOf } from './paint.ts'
import { took } from './times.ts'

/** How far a service is. `part` is from 0 to 1. */
export type Progress = {
  readonly state: 'going' | 'done' | 'failed'
  readonly part: number
  readonly text: string
  /** What it waits for, when it waits. */
  readonly waits?: string
}

/** Where a service stands on its way to what is wished of it. */
export function progressOf(service: ServiceStatus): Progress {
  const { outcome, removed, desired, available, live, updated } = service
  const waits = outcome ? undefined : waitsText(service)
  if (outcome === 'failed') return { state: 'failed', part: 0, text: service.why ?? 'failed' }
  const state = outcome === 'ok' ? 'done' : 'going'
  if (removed || desired === 0) return { ...leaving(service), state, waits }
  const isRolling = live > updated
  const done = isRolling ? newAvailable(service) : Math.min(available, desired)
  const text = isRolling
    ? `${done}/${desired} ${service.cause === 'restart' ? 'restarted' : `on revision ${service.revision}`}, ${available} available`
    : `${available}/${desired} available${service.cause === 'rollback' ? `, back on revision ${service.revision}` : ''}`
  return { state, part: outcome === 'ok' ? 1 : done / desired, text, waits }
}

/** A restart keeps the revision, so that only the count of new tasks tells how far it is. */
function newAvailable({ tasks, revision, updated, desired, cause }: ServiceStatus): number {
  const isNew = (state: string, of: number) => of === revision && state === 'available'
  return Math.min(desired, cause === 'restart' ? updated : tasks.filter(task => isNew(task.state, task.revision)).length)
}

function leaving({ tasks, removed, outcome, why }: ServiceStatus): Pick<Progress, 'part' | 'text'> {
  const over = removed ? 'removed' : (why ?? 'stopped')
  if (outcome === 'ok') return { part: 1, text: over }
  return { part: 0, text: tasks.length ? `${tasks.length} left to stop` : `${removed ? 'being removed' : 'stopping'}` }
}

/** `waits for db to be available`, `web.7 is starting`. */
function waitsText({ waitsFor, service }: ServiceStatus): string | undefined {
  const [first, ...others] = waitsFor.map(text => text.replace(/\btask (\d+)\b/g, `${service}.$1`))
  if (!first) return undefined
  return others.length ? `${first}, and ${others.length} more` : first
}

const BAR = 10

export function renderBar({ state, part }: Progress, paint: Paint): string {
  if (state === 'failed') return paint('red', padEnd('✗', BAR))
  const filled = Math.floor(Math.min(1, Math.max(0, part)) * BAR)
  return `${paint(state === 'done' ? 'green' : 'cyan', '█'.repeat(filled))}${paint('dim', '·'.repeat(BAR - filled))}`
}

export type LineStyle = { readonly paint: Paint; readonly width: number; readonly names: number }

/** One line of the picture that is redrawn on a terminal. Never wider than it, or redrawing would leave rests. */
export function renderProgressLine(service: ServiceStatus, elapsedMs: number, { paint, width, names }: LineStyle): string {
  const progress = progressOf(service)
  const time = progress.state === 'failed' ? '' : `   ${took(elapsedMs)}`
  const waits = progress.waits ? `   ${progress.waits}` : ''
  const used = 2 + names + 3 + BAR + 2
  const text = cutTo(`${progress.text}${progress.state === 'going' ? waits || time : time}`, width - used - 1)
  return `  ${padEnd(service.service, names)}   ${renderBar(progress, paint)}  ${paintState(progress, text, paint)}`
}

function paintState({ state, text: said }: Progress, text: string, paint: Paint): string {
  if (state === 'failed') return paint('red', text)
  return text.startsWith(said) ? `${said}${paint('dim', text.slice(said.length))}` : text
}

/** The same for a pipe: a line for each change, without bars and colours. */
export function renderChangeLine(service: ServiceStatus, elapsedMs: number, names: number): string {
  const { state, text, waits } = progressOf(service)
  const word = state === 'failed' ? 'failed: ' : state === 'done' ? 'done: ' : ''
  return `  ${padEnd(service.service, names)}   ${word}${text}${waits ? `, ${waits}` : ''} (${took(elapsedMs)})`
}

export const longestName = (services: readonly Pick<ServiceStatus, 'service'>[]): number =>
  Math.max(0, ...services.map(({ service }) => widthOf(service)))
