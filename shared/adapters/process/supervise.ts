import { closeSync, fchmodSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Health, probeCommand } from '../../domain/health-check.ts'
import type { Executed } from '../../ports/runtime.ts'
import { LogSpool } from './log-spool.ts'
import { type ProcessIdentity, signalGroup } from './process-identity.ts'
import { checkFolder, findProgram, type GatedChild, StartRefused, spawnGated } from './supervisor-child.ts'
import { runBeside, type Surroundings } from './supervisor-exec.ts'
import { watchHealth } from './supervisor-health.ts'
import type { ExecAsked, StopAsked, SupervisorOrder } from './supervisor-order.ts'
import { choosePorts } from './supervisor-ports.ts'
import type { StatusSocket } from './supervisor-socket.ts'
import { describeEnd, Stopping } from './supervisor-stop.ts'
import { type ChildState, EXIT, type ExitRecord, FILES, PROBE, replaceRecord, STATE, WORK, writeRecordOnce } from './task-folder.ts'

/** Output may be held open by a program that left the group: it is waited for so long and no longer. */
const OUTPUT_PATIENCE_MS = 500

/** A child at its gate, with all that its probes share with it. */
type Begun = { readonly gated: GatedChild; readonly cwd: string; readonly environment: Readonly<Record<string, string>> }

/** One task's life, from the claimed folder to its exit record. Runs in the supervisor's process, whose working folder is the task's. */
export class Supervision {
  readonly #order: SupervisorOrder
  readonly #socket: StatusSocket
  readonly #stopping: Stopping
  #state: ChildState | undefined
  #beside: Surroundings | undefined
  readonly #executing = new Set<() => void>()
  #seen: number

  /** @param claimedAt ms since 1970; every later fact is ordered after it */
  constructor(order: SupervisorOrder, socket: StatusSocket, claimedAt: number) {
    this.#order = order
    this.#socket = socket
    this.#stopping = new Stopping(order.stopSignal)
    this.#seen = claimedAt
  }

  /** Before there is a child, it is remembered and comes right after the start. */
  stop(asked: StopAsked): void {
    this.#stopping.ask(asked)
  }

  /** @param onBegun when the task runs or is refused; its folder tells which */
  async run(onBegun: () => void): Promise<void> {
    try {
      const begun = await this.#begin()
      onBegun()
      await this.#live(begun)
    } catch (error) {
      if (!(error instanceof StartRefused)) throw error
      const { kind, code, message } = error
      await this.#end({ at: Date.now(), reason: message, refusal: { kind, code, message } }, onBegun)
    }
  }

  /** The supervisor itself failed: what it started must not outlive it. */
  abandon(reason: string): void {
    if (this.#state) signalGroup(this.#state.child.pid, 'SIGKILL')
    writeRecordOnce('.', EXIT, { at: Date.now(), reason } satisfies ExitRecord)
  }

  async #begin(): Promise<Begun> {
    const order = this.#order
    const cwd = order.cwd ?? join(order.folder, WORK)
    if (!order.cwd) mkdirSync(cwd, { recursive: true, mode: 0o700 })
    checkFolder(cwd)
    const program = findProgram(order.command[0]!, cwd, order.environment['PATH'])
    writeFiles(order)
    const ports = await choosePorts(order.ports)
    const environment = { ...order.environment, ...ports.environment }
    const gated = spawnGated([program, ...order.command.slice(1)], cwd, environment)
    const checked = order.healthcheck && probeCommand(order.healthcheck.test)
    const at = Date.now()
    this.#tell({ child: gated.identity, at, seen: this.#next(at), addresses: ports.addresses, health: checked && 'starting' })
    return { gated, cwd, environment }
  }

  async #live({ gated, cwd, environment }: Begun): Promise<void> {
    const { child, identity } = gated
    const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(resolve =>
      child.once('exit', (code, signal) => resolve({ code, signal })),
    )
    const spool = new LogSpool('.')
    const closed = new Promise<void>(resolve => child.once('close', () => resolve()))
    child.stdout!.on('data', (chunk: Buffer) => spool.take('o', chunk))
    child.stderr!.on('data', (chunk: Buffer) => spool.take('e', chunk))
    gated.letGo()
    this.#stopping.begin(identity.pid)
    this.#beside = { cwd, environment, onProbe: noteProbe }
    const health = this.#watchHealth(this.#beside)
    const { code, signal } = await ended
    const at = Date.now()
    health?.stop()
    for (const kill of this.#executing) kill()
    await this.#stopping.finish()
    await Promise.race([closed, new Promise(resolve => setTimeout(resolve, OUTPUT_PATIENCE_MS))])
    child.stdout!.destroy()
    child.stderr!.destroy()
    spool.end()
    await this.#end({ at, ...describeEnd(code, signal, this.#stopping.asked) }, () => {})
  }

  /** Runs beside the program; undefined before that runs. */
  async exec({ exec, timeoutMs }: ExecAsked): Promise<Executed | undefined> {
    if (!this.#beside) return undefined
    const { executed, kill } = runBeside({ ...this.#beside, onProbe: () => {} }, exec, timeoutMs)
    this.#executing.add(kill)
    try {
      return await executed
    } finally {
      this.#executing.delete(kill)
    }
  }

  #watchHealth(beside: Surroundings): { stop(): void } | undefined {
    const check = this.#order.healthcheck
    const onHealth = (health: Health): void => {
      try {
        this.#tell({ ...this.#state!, health, seen: this.#next(Date.now()) })
      } catch {
        // A full disk must not end a task that runs; the next change tells more.
      }
    }
    return check && watchHealth({ ...beside, check, onHealth })
  }

  /** Later facts have the higher order, also when the clock is set back. */
  #next(now: number): number {
    this.#seen = Math.max(now, this.#seen + 1)
    return this.#seen
  }

  #tell(state: ChildState): void {
    this.#state = state
    replaceRecord('.', STATE, state)
    this.#socket.tell({ state })
  }

  async #end(exit: ExitRecord, onRecorded: () => void): Promise<void> {
    rmSync(FILES, { recursive: true, force: true })
    writeRecordOnce('.', EXIT, exit)
    onRecorded()
    await this.#socket.end({ exit })
  }
}

/** Not synced: it is of use only as long as this boot lasts. */
function noteProbe(probe: ProcessIdentity | undefined): void {
  try {
    if (probe) writeFileSync(PROBE, JSON.stringify(probe), { mode: 0o600 })
    else rmSync(PROBE, { force: true })
  } catch {
    // A full disk: then a probe is not found again after its supervisor's death, and nothing else is lost.
  }
}

function writeFiles(order: SupervisorOrder): void {
  mkdirSync(FILES, { mode: 0o700 })
  for (const { name, mode, base64 } of order.files) {
    const file = openSync(join(FILES, name), 'wx', 0o600)
    writeFileSync(file, Buffer.from(base64, 'base64'))
    fchmodSync(file, mode)
    closeSync(file)
  }
}
