import type Dockerode from 'dockerode'
import { ifThere, statusOf, within } from './engine-errors.ts'
import { ENDED } from './facts.ts'
import { KEPT_LINES, type KeptLogs } from './kept-logs.ts'
import type { KnownTasks } from './known-tasks.ts'
import { LABEL, stackLabels } from './labels.ts'
import { listTasks } from './list-tasks.ts'
import { engineLogs } from './task-logs.ts'
import type { Slots, Turns } from './turns.ts'

export type CollectTools = {
  readonly docker: Dockerode
  readonly installation: string
  readonly known: KnownTasks
  readonly kept: KeptLogs
  readonly turns: Turns
  readonly slots: Slots
}

/**
 * M6: removes ended containers, after their logs are kept. What is only created is left to starts and stops (E3), and nothing is forced.
 * Goes on after a failure, and throws the first one at the end.
 */
export async function collectTasks(tools: CollectTools, before: number): Promise<void> {
  const listed = await listTasks(tools.docker, tools.installation, tools.known)
  const ended = listed.filter(({ state, seen }) => state === 'stopped' && seen - ENDED < before)
  const results = await Promise.allSettled(
    ended.map(({ id, runtimeId }) => tools.turns.run(id, () => tools.slots.run(() => collectOne(tools, id, runtimeId!)))),
  )
  await tools.kept.prune()
  const failed = results.find(result => result.status === 'rejected')
  if (failed) throw failed.reason
}

const ENDING_MS = 5_000

/** The ended containers of a stack that is gone, those made before `madeSince` left aside. */
export async function collectStack(tools: CollectTools, stack: string, madeSince: number): Promise<void> {
  const label = Object.entries(stackLabels(tools.installation, stack)).map(([key, value]) => `${key}=${value}`)
  const found = await tools.docker.listContainers({ all: true, filters: { label } })
  const ours = found.filter(container => container.State !== 'created' && container.Created * 1_000 >= madeSince)
  const collect = async (id: string, container: string) => {
    // The engine tells of an end before it has ended: what dies right now is waited for, what truly runs is left alone.
    await within(ENDING_MS, `the end of ${id}`, tools.docker.getContainer(container).wait())
    await tools.turns.run(id, () => tools.slots.run(() => collectOne(tools, id, container)))
  }
  await Promise.all(ours.map(({ Id, Labels }) => collect(Labels[LABEL.task] ?? Id, Id)))
}

async function collectOne({ docker, kept }: CollectTools, id: string, containerId: string): Promise<void> {
  const lines = await engineLogs(docker, containerId, { tail: KEPT_LINES })
  if (!lines) return
  await kept.keep(id, lines)
  try {
    await docker.getContainer(containerId).remove({ v: true })
  } catch (error) {
    // Somebody else removes it, or started it again by hand: both are theirs.
    if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error
  }
}

/** Volumes that are still in use stay. */
export async function removeVolumes(docker: Dockerode, installation: string, stack: string): Promise<void> {
  const label = Object.entries(stackLabels(installation, stack)).map(([key, value]) => `${key}=${value}`)
  const { Volumes: volumes } = await docker.listVolumes({ filters: { label } })
  for (const { Name } of volumes ?? []) {
    await ifThere(docker.getVolume(Name).remove()).catch(error => {
      if (statusOf(error) !== 409) throw error
    })
  }
}
