import type { ServiceStatus, StackStatus } from '../../shared/api/contract.ts'
import { renderTableWithin } from './table.ts'
import { age, moment } from './times.ts'

export type PsStyle = { readonly now: number; readonly width: number; readonly all: boolean }

const TITLES = ['NAME', 'IMAGE', 'COMMAND', 'SERVICE', 'CREATED', 'STATUS', 'PORTS', 'REVISION', 'READY SINCE']
/** Compose's own columns. */
const FIXED = 7
const CUTS = [
  { column: 1, end: 'left' },
  { column: 2, end: 'right' },
] as const
/** On a narrow terminal CREATED goes first, which STATUS nearly says, then COMMAND. */
const DROPS = [4, 2]

/** Compose's columns, then ours as far as there is room; ended tasks with `all`. */
export function renderPs(stack: StackStatus, style: PsStyle): readonly string[] {
  const rows = stack.services.flatMap(service => [
    ...service.tasks.map(task => liveRow(stack.stack, service, task, style)),
    ...(style.all ? service.ended.map(task => endedRow(stack.stack, service, task, style)) : []),
  ])
  return renderTableWithin(style.width, TITLES, rows, { fixed: FIXED, cuts: CUTS, drops: DROPS })
}

function liveRow(stack: string, service: ServiceStatus, task: ServiceStatus['tasks'][number], { now }: PsStyle): readonly string[] {
  return [
    `${stack}-${service.service}-${task.number}`,
    service.image ?? '-',
    commandText(service.command),
    service.service,
    age(now - task.createdAt),
    statusText(task, now),
    service.ports.map(portText).join(', '),
    String(task.revision),
    task.readyAt === undefined ? '-' : moment(task.readyAt, now),
  ]
}

function endedRow(stack: string, service: ServiceStatus, task: ServiceStatus['ended'][number], { now }: PsStyle): readonly string[] {
  const code = task.code === undefined ? task.reason : `Exited (${task.code})`
  return [
    `${stack}-${service.service}-${task.number}`,
    service.image ?? '-',
    commandText(service.command),
    service.service,
    '-',
    `${code} ${age(now - task.at)} ago`,
    '',
    String(task.revision),
    '-',
  ]
}

const WORDS: Readonly<Record<string, string>> = {
  intended: 'Starting',
  pending: 'Starting',
  draining: 'draining',
  stopping: 'stopping',
  refused: 'Refused',
}

function statusText({ state, health, startedAt }: ServiceStatus['tasks'][number], now: number): string {
  if (state === 'intended' || state === 'pending' || state === 'refused') return WORDS[state]!
  const up = startedAt === undefined ? 'Up' : `Up ${age(now - startedAt)}`
  const more = WORDS[state] ?? health ?? (state === 'running' ? 'not ready' : undefined)
  return more ? `${up} (${more})` : up
}

const COMMAND_WIDTH = 20

function commandText(command: readonly string[] | undefined): string {
  if (!command) return '-'
  const text = command.join(' ')
  const characters = [...text]
  return `"${characters.length > COMMAND_WIDTH ? `${characters.slice(0, COMMAND_WIDTH - 1).join('')}…` : text}"`
}

const portText = ({ published, target, protocol }: ServiceStatus['ports'][number]): string =>
  published === undefined ? `${target}/${protocol}` : `${published}->${target}/${protocol}`
