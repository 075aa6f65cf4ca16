import type Dockerode from 'dockerode'
import type { ContainerInspectInfo } from 'dockerode'
import { isAtLeast } from './container-options.ts'
import { ifThere, statusOf } from './engine-errors.ts'
import type { KnownTasks } from './known-tasks.ts'
import { isOf } from './labels.ts'
import { removeCreated } from './start-task.ts'

export type StopTools = {
  readonly docker: Dockerode
  readonly installation: string
  readonly known: KnownTasks
  readonly apiVersion: () => Promise<string>
  readonly now: () => number
}

/** The engine answers a stop when the task has ended, and an error at once: so long is waited for the error. */
const PATIENCE_MS = 150

/** E3: a created one is removed. The engine's own stop goes on when nobody waits for it. @throws the engine's error */
export async function stopTask(
  tools: StopTools,
  id: string,
  options: { readonly graceMs: number; readonly signal?: string },
): Promise<void> {
  const found = await ifThere(tools.docker.getContainer(id).inspect())
  if (!found || !isOf(tools.installation, found.Config.Labels)) return
  const container = tools.docker.getContainer(found.Id)
  if (found.State.Status === 'created' && (await removeCreated(container))) return
  if (found.State.Status !== 'created' && !found.State.Running) return
  const graceMs = Math.ceil(options.graceMs / 1_000) * 1_000
  // A second stop cannot shorten the first one's grace, and the reason must name the one that ended it.
  if (!tools.known.asked.has(found.Id)) tools.known.asked.set(found.Id, { at: tools.now(), graceMs })
  const isOther = options.signal !== undefined && options.signal !== (signalOf(found) ?? 'SIGTERM')
  const knowsSignal = isAtLeast(await tools.apiVersion(), '1.42')
  // Engines before 23 stop with the container's own signal only: the wished one comes first, and theirs right after it.
  if (isOther && !knowsSignal) await container.kill({ signal: options.signal }).catch(ignoreEnded)
  await asked(container.stop({ t: graceMs / 1_000, ...(isOther && knowsSignal ? { signal: options.signal } : {}) } as { t: number }))
}

/** The client's types lack it. */
const signalOf = ({ Config: config }: ContainerInspectInfo): string | undefined => (config as { StopSignal?: string }).StopSignal

async function asked(stopping: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>(resolve => {
    timer = setTimeout(resolve, PATIENCE_MS)
  })
  // What fails after that is found by the next look at the task, which still runs.
  const stopped = stopping.catch(ignoreEnded)
  stopped.catch(() => undefined)
  await Promise.race([stopped, patience])
  clearTimeout(timer)
}

/** 304: ended already; 404: gone; 409: not running. */
function ignoreEnded(error: unknown): void {
  const status = statusOf(error)
  if (status !== 304 && status !== 404 && status !== 409) throw error
}
