import type { Seen } from '../../domain/fact.ts'
import { DEFAULT_MS, probeCommand } from '../../domain/health-check.ts'
import type { Probe } from '../../domain/probe.ts'
import type { ProbedTask, Probing } from '../../ports/probing.ts'
import type { Secrets } from '../../ports/secrets.ts'
import type { Later } from './probe-loop.ts'
import { TaskProbes } from './task-probes.ts'
import type { Tried } from './tried.ts'
import { type Execute, tryCommand, tryProbe } from './try-probe.ts'

export type HomeProbingOptions = {
  readonly execute: Execute
  readonly secrets: Pick<Secrets, 'get'>
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly onSeen: (seen: Seen) => void
  /** Timers and tries of another world, in simulations. */
  readonly later?: Later
  readonly attempt?: (task: ProbedTask, probe: Probe) => Promise<Tried | undefined>
}

const LONGEST_TIMER_MS = 2_147_483_647
const laterByTimer: Later = (ms, run) => {
  const timer = setTimeout(run, Math.min(ms, LONGEST_TIMER_MS))
  return { cancel: () => clearTimeout(timer) }
}

type Held = { readonly version: number; readonly tasks: ReadonlyMap<string, TaskProbes> }

/**
 * One machine's probing: a loop for each task and probe in this process. Everything in it may be lost: what it held is handed to it again
 * after a start of the host, and what the log knows of each task comes along (ADR 20).
 */
export function createHomeProbing(options: HomeProbingOptions): Probing & { close(): void } {
  const streams = new Map<string, Held>()
  const begin = (stream: string, task: ProbedTask): TaskProbes =>
    new TaskProbes(task, {
      later: options.later ?? laterByTimer,
      now: options.now,
      attempt: options.attempt ?? ((probed, probe) => tryProbe(probed, probe, options.execute)),
      check: probed => check(probed, options.execute),
      tell: news => options.onSeen({ stream, intent: task.intent, id: task.id, state: 'running', seen: task.seen, ...news }),
    })
  return {
    secret: (stack, name, version) => options.secrets.get(stack, name, version),
    async hold(stream, version, tasks) {
      const held = streams.get(stream)
      if (held && held.version > version) return
      const next = new Map<string, TaskProbes>()
      for (const task of tasks) {
        const known = held?.tasks.get(task.id)
        known?.update(task)
        next.set(task.id, known ?? begin(stream, task))
      }
      for (const [id, probes] of held?.tasks ?? []) if (!next.has(id)) probes.close()
      streams.set(stream, { version, tasks: next })
    },
    close() {
      for (const { tasks } of streams.values()) for (const probes of tasks.values()) probes.close()
      streams.clear()
    },
  }
}

async function check({ id, healthcheck }: ProbedTask, execute: Execute): Promise<boolean | undefined> {
  const command = probeCommand(healthcheck!.test)
  const tried = command && (await tryCommand(id, command, healthcheck!.timeout || DEFAULT_MS, execute))
  return tried?.passed
}
