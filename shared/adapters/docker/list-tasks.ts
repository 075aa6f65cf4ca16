import type Dockerode from 'dockerode'
import type { ContainerInfo } from 'dockerode'
import type { Fact, Seen } from '../../domain/fact.ts'
import { ifThere } from './engine-errors.ts'
import { type Health, healthOf, seenOf } from './facts.ts'
import type { KnownTasks } from './known-tasks.ts'
import { LABEL } from './labels.ts'
import { Slots } from './turns.ts'

const INSPECTS_AT_ONCE = 8

export const listContainers = (docker: Dockerode, installation: string): Promise<ContainerInfo[]> =>
  docker.listContainers({ all: true, filters: { label: [`${LABEL.installation}=${installation}`] } })

/** One list call; only what is new or has changed since it was last read is asked for in detail. */
export async function listTasks(docker: Dockerode, installation: string, known: KnownTasks): Promise<readonly Seen[]> {
  const listed = await listContainers(docker, installation)
  known.keepOnly(new Set(listed.map(container => container.Id)))
  const slots = new Slots(INSPECTS_AT_ONCE)
  const seen = await Promise.all(
    listed.map(async container => {
      const fact = unchanged(container, known.last(container.Id)) ?? (await slots.run(() => look(docker, container.Id, known)))
      return fact && seenOf(fact, container.Labels)
    }),
  )
  return seen.filter(one => one !== undefined)
}

const look = async (docker: Dockerode, containerId: string, known: KnownTasks): Promise<Fact | undefined> => {
  const inspected = await ifThere(docker.getContainer(containerId).inspect())
  return inspected && known.read(inspected)
}

/** The known fact, when the listing shows that nothing can have changed. */
function unchanged(container: ContainerInfo, last: Fact | undefined): Fact | undefined {
  if (!last) return undefined
  const isRunning = container.State === 'running'
  if (last.state === 'stopped') return isRunning ? undefined : last
  return isRunning && last.state === 'running' && shownHealth(container.Status) === last.health ? last : undefined
}

/** `Up 3 minutes (health: starting)`, `Up 3 minutes (unhealthy)`, `Up 3 minutes`. */
export const shownHealth = (status: string): Health | undefined => healthOf(/\((?:health: )?(\w+)\)/.exec(status)?.[1])
