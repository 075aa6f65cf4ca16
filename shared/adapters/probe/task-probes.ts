import type { ProbeVerdict } from '../../domain/fact.ts'
import type { Health } from '../../domain/health-check.ts'
import type { Probe } from '../../domain/probe.ts'
import type { ProbeName } from '../../domain/probe-names.ts'
import type { ProbedTask } from '../../ports/probing.ts'
import { HealthLoop } from './health-loop.ts'
import { type LoopTools, ProbeLoop } from './probe-loop.ts'
import type { Tried } from './tried.ts'

export type TaskTools = LoopTools & {
  readonly attempt: (task: ProbedTask, probe: Probe) => Promise<Tried | undefined>
  readonly check: (task: ProbedTask) => Promise<boolean | undefined>
  readonly tell: (news: { readonly probe: ProbeVerdict } | { readonly health: Health }) => void
}

/** The probes of one task for its life: startup first, then readiness and liveness side by side (Kubernetes). */
export class TaskProbes {
  #task: ProbedTask
  #order: number
  readonly #loops = new Map<ProbeName, ProbeLoop>()
  readonly #health: HealthLoop | undefined
  readonly #tools: TaskTools

  constructor(task: ProbedTask, tools: TaskTools) {
    this.#task = task
    this.#tools = tools
    this.#order = task.known?.order ?? 0
    if (task.healthcheck) this.#health = this.#checkHealth(task)
    if (task.probes.startup && !task.known?.startup) this.#begin('startup')
    else this.#started()
  }

  /** What the log knows now: a verdict that got lost on its way is told again. */
  update(task: ProbedTask): void {
    this.#task = task
    this.#order = Math.max(this.#order, task.known?.order ?? 0)
    for (const [name, loop] of this.#loops) {
      const { passed, why } = loop.verdict
      const known = name === 'liveness' ? true : task.known?.[name] // a task that is ill is held no more
      if (passed !== undefined && passed !== known) this.#say(name, passed, why)
    }
    if (this.#health && this.#health.health !== task.health) this.#tools.tell({ health: this.#health.health })
  }

  close(): void {
    this.#health?.close()
    for (const loop of this.#loops.values()) loop.close()
  }

  #started(): void {
    for (const name of ['readiness', 'liveness'] as const) if (this.#task.probes[name]) this.#begin(name)
  }

  /** At once, when its delay is over. */
  #begin(name: ProbeName): void {
    const { probes, known, startedAt } = this.#task
    const probe = probes[name]!
    const passed = name === 'liveness' ? undefined : known?.[name]
    const attempt = () => this.#tools.attempt(this.#task, probe)
    const onVerdict = (isPassed: boolean, why: string | undefined) => this.#decided(name, isPassed, why)
    const left = startedAt + probe.initialDelay - this.#tools.now()
    const delay = Math.min(Math.max(0, left), probe.initialDelay)
    this.#loops.set(name, new ProbeLoop({ probe, attempt, onVerdict, ...(passed !== undefined && { passed }) }, this.#tools, delay))
  }

  #decided(name: ProbeName, passed: boolean, why: string | undefined): void {
    if (name !== 'liveness' || !passed) this.#say(name, passed, why)
    if (name !== 'startup') return
    this.#loops.get('startup')!.close() // it decides once
    if (passed) this.#started()
  }

  /** Later verdicts have the higher order, also when the clock is set back. */
  #say(name: ProbeName, passed: boolean, why: string | undefined): void {
    this.#order = Math.max(this.#tools.now(), this.#order + 1)
    this.#tools.tell({ probe: { name, passed, order: this.#order, ...(why && { why }) } })
  }

  #checkHealth(task: ProbedTask): HealthLoop {
    const { healthcheck: check, startedAt, health } = task
    return new HealthLoop(
      {
        check: check!,
        startedAt,
        attempt: () => this.#tools.check(this.#task),
        onHealth: told => this.#tools.tell({ health: told }),
        ...(health && { health }),
      },
      this.#tools,
    )
  }
}
