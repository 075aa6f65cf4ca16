import type { ContainerInspectInfo } from 'dockerode'
import type { Address, Exit, Fact, Seen } from '../../domain/fact.ts'
import { LABEL } from './labels.ts'

/** Above every moment of a running task, so that a stopped fact is the last (E6). */
export const ENDED = 1e15

/** When we asked a container to stop, and how long it had. */
export type Asked = { readonly at: number; readonly graceMs: number }

type State = ContainerInspectInfo['State']

const HEALTHS = ['starting', 'healthy', 'unhealthy'] as const
export type Health = (typeof HEALTHS)[number]
export const healthOf = (status: string | undefined): Health | undefined => HEALTHS.find(health => health === status)

/** What the engine says of a container, as a fact. `asked` is known only to the host that asked. A created one says less than any other. */
export function factOf(inspected: ContainerInspectInfo, asked?: Asked): Fact {
  const base = { id: inspected.Name.replace(/^\//, ''), runtime: 'docker', runtimeId: inspected.Id }
  const state = inspected.State
  if (state.Status === 'created') return { ...base, state: 'pending', seen: -1 }
  if (!state.Running && !state.Paused && !state.Restarting) return { ...base, state: 'stopped', ...endOf(inspected, asked) }
  const health = healthOf(state.Health?.Status)
  return {
    ...base,
    state: 'running',
    seen: runningSince(state),
    ...(health ? { health } : {}),
    addresses: addressesOf(inspected.NetworkSettings.Ports ?? {}),
  }
}

/** Undefined for a container that lacks our labels. */
export function seenOf(fact: Fact, labels: Readonly<Record<string, string>> | undefined): Seen | undefined {
  const stream = labels?.[LABEL.stream]
  const intent = Number(labels?.[LABEL.intent])
  return stream && Number.isInteger(intent) ? { ...fact, stream, intent } : undefined
}

/** The start, or the end of the newest probe: each change of health comes with a probe, so facts of one task stay in order. */
function runningSince(state: State): number {
  const probed = state.Health?.Log?.at(-1)?.End
  return Math.max(momentOf(state.StartedAt) ?? 0, (probed === undefined ? undefined : momentOf(probed)) ?? 0)
}

/** Milliseconds; the engine writes the year 1 for "never". */
export function momentOf(text: string): number | undefined {
  const moment = Date.parse(text)
  return moment > 0 ? moment : undefined
}

function addressesOf(ports: ContainerInspectInfo['NetworkSettings']['Ports']): Record<string, Address> {
  const addresses: Record<string, Address> = {}
  for (const [port, bindings] of Object.entries(ports)) {
    const binding = bindings?.find(({ HostIp }) => !HostIp.includes(':'))
    if (binding) addresses[port] = { host: '127.0.0.1', port: Number(binding.HostPort) }
  }
  return addresses
}

function endOf(inspected: ContainerInspectInfo, asked: Asked | undefined): { readonly seen: number; readonly exit: Exit } {
  const { State: state, HostConfig: host } = inspected
  const at = momentOf(state.FinishedAt) ?? momentOf(state.StartedAt) ?? 0
  const exit = exitOf({ code: state.ExitCode, oomKilled: state.OOMKilled, at, memory: host?.Memory, error: state.Error }, asked)
  return { seen: ENDED + at, exit }
}

export type End = {
  readonly code: number
  readonly oomKilled: boolean
  readonly at: number
  /** The limit in bytes, 0 or absent for none. */
  readonly memory?: number
  readonly error?: string
}

export function exitOf(end: End, asked: Asked | undefined): Exit {
  const { code, at, oomKilled } = end
  return { code, at, ...(oomKilled ? { oomKilled } : {}), reason: reasonOf(end, asked) }
}

const SIGNALS: Readonly<Record<number, string>> = {
  132: 'SIGILL',
  134: 'SIGABRT',
  135: 'SIGBUS',
  136: 'SIGFPE',
  139: 'SIGSEGV',
  143: 'SIGTERM',
}
/** The engine counts in whole seconds and the two clocks differ. */
const CLOCK_SLACK = 500

function reasonOf({ code, oomKilled, at, memory, error }: End, asked: Asked | undefined): string {
  const limit = memory ? ` (limit ${sizeText(memory)})` : ''
  if (oomKilled && code === 137) return `killed: out of memory${limit}`
  if (code === 137) {
    const graceOver = asked && at - asked.at >= asked.graceMs - CLOCK_SLACK
    if (graceOver) return `killed after its grace period of ${asked.graceMs / 1_000} s`
    // Engines before 23 miss a lack of memory now and then, so the limit is told with every such end.
    return memory && !asked ? `killed by SIGKILL (its memory limit is ${sizeText(memory)})` : 'killed by SIGKILL'
  }
  if (asked && (code === 0 || code === 143)) return 'stopped'
  const notes = [SIGNALS[code], oomKilled && 'a process in it was killed: out of memory', error].filter(Boolean)
  return `${asked ? 'stopped, ' : ''}exited with code ${code}${notes.length ? ` (${notes.join('; ')})` : ''}`
}

const sizeText = (bytes: number): string => (bytes % 1_048_576 === 0 ? `${bytes / 1_048_576} MB` : `${(bytes / 1_048_576).toFixed(1)} MB`)
