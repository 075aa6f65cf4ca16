import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { ErrorCode } from '../../domain/errors.ts'
import type { Fact, Seen } from '../../domain/fact.ts'
import type { ServiceSpec } from '../../domain/spec.ts'
import type { Clock } from '../../ports/clock.ts'
import {
  type Executed,
  type LogLine,
  type LogQuery,
  OutcomeUnknown,
  type RemoveStack,
  type Runtime,
  type StartRequest,
} from '../../ports/runtime.ts'
import { InTurn } from './in-turn.ts'
import { whyUnfit } from './process-fit.ts'
import { type OrderSources, orderOf } from './process-order.ts'
import { askExec, askStop, shortTasksFolder } from './supervisor-client.ts'
import { launchSupervisor } from './supervisor-launch.ts'
import type { SupervisorOrder } from './supervisor-order.ts'
import { CLAIM, type Claim, isTaskId, readRecord, SOCKET, taskIds, tasksFolder } from './task-folder.ts'
import { readLogs } from './task-logs.ts'
import { AFTER_ALL, lookAt } from './task-look.ts'
import { TaskWatch } from './task-watch.ts'

export type ProcessRuntimeOptions = OrderSources & { readonly installation: string; readonly clock: Clock }

/** How long a task that is claimed may take until it runs or is refused, and a stop until the supervisor listens. */
const PATIENCE_MS = 10_000
const LOOK_MS = 15
const AT_ONCE = 16

/**
 * Runs tasks as plain processes of this machine (M5), each under a detached supervisor that outlives the host. Linux and macOS.
 *
 * `folder` is the installation's; tasks live in `folder/tasks/<id>`, readable by their owner only. Not enforced on a process, for want of
 * a portable means: limits of CPUs and memory, isolation between networks, and everything that restricts a container (process-fit.ts).
 * A program that leaves its process group (a daemon) escapes the stop.
 */
export function createProcessRuntime(options: ProcessRuntimeOptions): Runtime {
  return new ProcessRuntime(options)
}

class ProcessRuntime implements Runtime {
  readonly name = 'process'
  readonly #options: ProcessRuntimeOptions
  readonly #turns = new InTurn()
  readonly #watches = new Set<TaskWatch>()
  #short: string | undefined

  constructor(options: ProcessRuntimeOptions) {
    this.#options = options
  }

  async prepare(spec: ServiceSpec): Promise<{ readonly refused: string } | undefined> {
    const reason = whyUnfit(spec)
    return reason === undefined ? undefined : { refused: reason }
  }

  start(request: StartRequest): Promise<Fact> {
    return this.#turns.run(request.id, async () => {
      const fact = await this.#start(request)
      for (const watch of this.#watches) void watch.follow(request.id)
      return fact
    })
  }

  async #start(request: StartRequest): Promise<Fact> {
    const { id } = request
    if (await this.#claim(id)) return await this.#settled(id)
    const order = await this.#order(request)
    if ('refusal' in order) return order
    await mkdir(tasksFolder(this.#options.folder), { recursive: true, mode: 0o700 })
    await launchSupervisor(order, join(this.#options.folder, 'cache')).catch(async (error: unknown) => {
      // Without its claim nothing started; with it, the folder tells more than the launch could.
      if (!(await this.#claim(id))) throw error
    })
    return await this.#settled(id)
  }

  async #order(request: StartRequest): Promise<SupervisorOrder | (Fact & { refusal: object })> {
    const refused = (code: ErrorCode, message: string) => {
      const refusal = { kind: 'revision', code, message } as const
      return { id: request.id, state: 'refused', seen: this.#options.clock.now(), runtime: this.name, refusal } as const
    }
    const unfit = isTaskId(request.id) ? whyUnfit(request.spec) : `${request.id} cannot be the name of a task's folder`
    if (unfit) return refused('LS-RUNTIME-UNSUPPORTED', unfit)
    try {
      return await orderOf(request, this.#options)
    } catch (error) {
      if (error instanceof RangeError) return refused('LS-NOT-FOUND', error.message)
      throw new OutcomeUnknown('what the task needs cannot be read', { cause: error })
    }
  }

  /** The task once it runs, was refused or has ended; as it is when that takes too long. */
  async #settled(id: string): Promise<Fact> {
    for (const until = performance.now() + PATIENCE_MS; ; await pause(LOOK_MS)) {
      const seen = await this.#look(id)
      if (!seen) throw new OutcomeUnknown(`task ${id} was removed while it started`)
      if (seen.state !== 'pending' || performance.now() > until) return factOf(seen)
    }
  }

  async stop(id: string, options: { readonly graceMs: number; readonly signal?: string }): Promise<void> {
    for (const until = performance.now() + PATIENCE_MS; ; await pause(LOOK_MS)) {
      const claim = await this.#claim(id)
      if (!claim) return
      if (await askStop(this.#socketPath(id), options)) return
      const seen = await this.#look(id)
      if (!seen || seen.state === 'stopped' || seen.state === 'refused') return
      if (performance.now() > until) throw new OutcomeUnknown(`the supervisor of ${id} does not listen`)
    }
  }

  async lookup(id: string): Promise<Fact | undefined> {
    if (!(await this.#claim(id))) return undefined
    const seen = await this.#look(id)
    return seen && factOf(seen)
  }

  async list(): Promise<readonly Seen[]> {
    const ids = await this.#ids()
    const seen: (Seen | undefined)[] = []
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      seen.push(...(await Promise.all(ids.slice(at, at + AT_ONCE).map(id => this.#look(id)))))
    }
    return seen.filter(one => one !== undefined)
  }

  watch(onSeen: (seen: Seen) => void): { close(): void } {
    const watch = new TaskWatch({ ids: () => this.#ids(), look: id => this.#look(id), socketPath: id => this.#socketPath(id) }, onSeen)
    this.#watches.add(watch)
    const close = (): void => {
      watch.close()
      this.#watches.delete(watch)
    }
    return { close }
  }

  async exec(id: string, command: readonly string[], timeoutMs: number): Promise<Executed> {
    if (!(await this.#claim(id))) throw new OutcomeUnknown(`there is no task ${id}`)
    return await askExec(this.#socketPath(id), { exec: command, timeoutMs })
  }

  async logs(id: string, query: LogQuery): Promise<readonly LogLine[]> {
    return (await this.#claim(id)) ? await readLogs(id, this.#folder(id), query) : []
  }

  async collect(before: number): Promise<void> {
    for (const id of await taskIds(this.#options.folder)) {
      const claim = await readRecord<Claim>(this.#folder(id), CLAIM)
      const seen = claim && (await this.#look(id))
      // Made by a supervisor that died before it claimed it.
      const leftAt = claim
        ? undefined
        : await stat(this.#folder(id)).then(
            found => found.mtimeMs,
            () => undefined,
          )
      const at = claim?.labels.installation === this.#options.installation ? endOf(seen) : leftAt
      if (at !== undefined && at < before) await this.#turns.run(id, () => this.#remove(id))
    }
  }

  /** Renamed first: a folder that has lost its claim but not its name would be taken for one that never started. */
  async #remove(id: string): Promise<void> {
    const removed = join(this.#options.folder, 'removed')
    await mkdir(removed, { recursive: true, mode: 0o700 })
    await rename(this.#folder(id), join(removed, id)).catch(() => undefined)
    await rm(join(removed, id), { recursive: true, force: true })
  }

  /** Processes have neither networks nor volumes; what is left are the folders of ended tasks. */
  async removeStack(stack: string, { madeSince = Number.POSITIVE_INFINITY }: RemoveStack): Promise<void> {
    for (const id of await taskIds(this.#options.folder)) {
      const claim = await this.#claim(id)
      if (claim?.labels.stack !== stack || endOf(await this.#look(id)) === undefined) continue
      const made = await stat(join(this.#folder(id), CLAIM)).catch(() => undefined)
      if (made && made.mtimeMs >= madeSince) await this.#turns.run(id, () => this.#remove(id))
    }
  }

  #folder(id: string): string {
    return join(tasksFolder(this.#options.folder), id)
  }

  #socketPath(id: string): string {
    this.#short ??= shortTasksFolder(this.#options.folder)
    return join(this.#short, id, SOCKET)
  }

  /** Undefined for what never started here, and for tasks of another installation. */
  async #claim(id: string): Promise<Claim | undefined> {
    const claim = isTaskId(id) ? await readRecord<Claim>(this.#folder(id), CLAIM) : undefined
    return claim?.labels.installation === this.#options.installation ? claim : undefined
  }

  async #ids(): Promise<readonly string[]> {
    const ids: string[] = []
    for (const id of await taskIds(this.#options.folder)) if (await this.#claim(id)) ids.push(id)
    return ids
  }

  #look(id: string): Promise<Seen | undefined> {
    return lookAt(this.#folder(id), this.#socketPath(id), () => this.#options.clock.now())
  }
}

function endOf(seen: Seen | undefined): number | undefined {
  return seen?.exit?.at ?? (seen?.state === 'refused' ? seen.seen - AFTER_ALL : undefined)
}

const factOf = ({ stream: _stream, intent: _intent, ...fact }: Seen): Fact => fact
