import type Dockerode from 'dockerode'
import type { Blobs } from '../../ports/blobs.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Images, Runtime } from '../../ports/runtime.ts'
import type { Secrets } from '../../ports/secrets.ts'
import { collectStack, collectTasks, removeVolumes } from './collect-tasks.ts'
import { ifThere, orUnknown, within } from './engine-errors.ts'
import { DockerImages } from './images.ts'
import { KeptLogs } from './kept-logs.ts'
import { KnownTasks } from './known-tasks.ts'
import { isOf } from './labels.ts'
import { listTasks } from './list-tasks.ts'
import { Networks } from './networks.ts'
import { runInTask } from './run-in-task.ts'
import { type StartTools, startTask } from './start-task.ts'
import { type StopTools, stopTask } from './stop-task.ts'
import { engineLogs } from './task-logs.ts'
import { Slots, Turns } from './turns.ts'
import { TaskWatch } from './watch-tasks.ts'

export type DockerRuntimeOptions = {
  readonly docker: Dockerode
  /** The installation's id: only what bears it is ever listed, stopped or removed (E7). */
  readonly installation: string
  /** Logs of removed containers are kept in its folder `logs`. */
  readonly dataFolder: string
  readonly secrets: Pick<Secrets, 'get'>
  readonly blobs: Pick<Blobs, 'get'>
  readonly clock: Clock
  /** Starts at once (default 4: more make each far slower) and removals at once (default 8). */
  readonly concurrency?: { readonly starts?: number; readonly removes?: number }
}

/** An engine that does not answer for so long is taken for gone; the call itself goes on, and keeps its turn (E3). */
const PATIENCE_MS = 60_000

/** M6: tasks as containers of a Docker or Podman engine. One per installation and process (invariant 12). */
export function createDockerRuntime(options: DockerRuntimeOptions): Runtime & Images {
  const { docker, installation } = options
  const turns = new Turns()
  const starts = new Slots(options.concurrency?.starts ?? 4)
  const removes = new Slots(options.concurrency?.removes ?? 8)
  const known = new KnownTasks()
  const networks = new Networks(docker, installation)
  const kept = new KeptLogs(options.dataFolder)
  const images = new DockerImages(docker, options.clock)
  const apiVersion = versionReader(docker)
  const starting: StartTools = { docker, networks, known, secrets: options.secrets, blobs: options.blobs, apiVersion }
  const stopping: StopTools = { docker, installation, known, apiVersion, now: () => options.clock.now() }
  const call = <T>(what: string, work: Promise<T>): Promise<T> => orUnknown(what, () => within(PATIENCE_MS, what, work))

  return {
    name: 'docker',
    prepare: spec => images.prepare(spec),
    resolve: reference => images.resolve(reference),
    start: request =>
      call(
        `start ${request.id}`,
        turns.run(request.id, () => starts.run(() => startTask(starting, request))),
      ),
    stop: (id, how) =>
      call(
        `stop ${id}`,
        turns.run(id, () => stopTask(stopping, id, how)),
      ),
    lookup: id =>
      call(
        `look up ${id}`,
        ifThere(docker.getContainer(id).inspect()).then(found =>
          found && isOf(installation, found.Config.Labels) ? known.read(found) : undefined,
        ),
      ),
    list: () => call('list', listTasks(docker, installation, known)),
    watch: onSeen => new TaskWatch({ docker, installation, known }, onSeen),
    exec: (id, command, timeoutMs) => orUnknown(`exec in ${id}`, () => runInTask(docker, id, command, timeoutMs)),
    logs: (id, query) => orUnknown(`logs of ${id}`, async () => (await engineLogs(docker, id, query)) ?? kept.read(id, query)),
    collect: before => orUnknown('collect', () => collectTasks({ docker, installation, known, kept, turns, slots: removes }, before)),
    removeStack: (stack, { volumes, madeSince }) =>
      orUnknown(`remove ${stack}`, async () => {
        await collectStack({ docker, installation, known, kept, turns, slots: removes }, stack, madeSince ?? Number.POSITIVE_INFINITY)
        await networks.removeStack(stack)
        if (volumes) await removeVolumes(docker, installation, stack)
      }),
  }
}

/** Asked once, and again after a failure. */
function versionReader(docker: Dockerode): () => Promise<string> {
  let known: string | undefined
  return async () => (known ??= (await docker.version()).ApiVersion)
}
