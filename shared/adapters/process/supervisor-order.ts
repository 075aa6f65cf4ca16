import type { HealthCheck } from '../../domain/spec.ts'
import type { TaskLabels } from './task-folder.ts'

/** One port that the program is to listen on; the supervisor chooses the number. */
export type WantedPort = { readonly target: number; readonly protocols: readonly ('tcp' | 'udp')[] }

export type OrderedFile = { readonly name: string; readonly mode: number; readonly base64: string }

/**
 * All that a supervisor needs, secrets revealed. It comes to it through its standard input and is never written to disk or to a command
 * line; a supervisor whose host died half way through it claims nothing.
 */
export type SupervisorOrder = {
  /** The task's own folder; made by the supervisor. */
  readonly folder: string
  readonly labels: TaskLabels
  readonly command: readonly string[]
  readonly cwd?: string
  readonly environment: Readonly<Record<string, string>>
  readonly files: readonly OrderedFile[]
  readonly ports: readonly WantedPort[]
  readonly healthcheck?: HealthCheck
  readonly stopSignal: string
  readonly graceMs: number
}

/** What a supervisor tells the one that launched it, one word: `lost` when the folder is another's. */
export type LaunchAnswer = 'begun' | 'lost'

/** What a client may write to a supervisor's socket, one JSON line. Answered by a line `asked`. */
export type StopAsked = { readonly graceMs: number; readonly signal?: string }

/** Likewise; answered by a line `executed` with what came of it (ports/runtime.ts). */
export type ExecAsked = { readonly exec: readonly string[]; readonly timeoutMs: number }
