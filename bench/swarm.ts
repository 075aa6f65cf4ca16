import type Dockerode from 'dockerode'
import { tryAnswer } from './client.ts'
import { COMMAND, IMAGE } from './engine.ts'
import { until } from './until.ts'

/** A service of two tasks on a Docker Swarm of this one machine, made for the benchmark and left afterwards. */
export type SwarmService = {
  /** Process id of one of its tasks. */
  victim(): Promise<number>
  /** When two tasks answer, none of which is the victim. */
  healed(victim: number): Promise<void>
  close(): Promise<void>
}

const NAME = `longshore-bench-${process.pid}`
const TASKS = 2

/** Or the reason why there can be none. An engine that is in a swarm already is left alone. */
export async function openSwarm(docker: Dockerode): Promise<SwarmService | { readonly problem: string }> {
  const info = (await docker.info()) as { readonly Swarm?: { readonly LocalNodeState?: string } }
  if (info.Swarm?.LocalNodeState !== 'inactive') return { problem: 'the engine is in a swarm already' }
  const leave = leaver(
    docker,
    (await docker.listNetworks()).some(network => network.Name === GATEWAY),
  )
  try {
    await docker.swarmInit({ AdvertiseAddr: '127.0.0.1', ListenAddr: '127.0.0.1:2377' })
  } catch (error) {
    return { problem: `docker swarm init: ${(error as Error).message}` }
  }
  try {
    return await startService(docker, leave)
  } catch (error) {
    await leave()
    return { problem: `a swarm service did not start: ${(error as Error).message}` }
  }
}

/** What a swarm makes and leaves behind. */
const GATEWAY = 'docker_gwbridge'

const leaver = (docker: Dockerode, hadGateway: boolean) => async () => {
  await docker.swarmLeave({ force: true })
  if (!hadGateway) await docker.getNetwork(GATEWAY).remove()
}

async function startService(docker: Dockerode, leave: () => Promise<void>): Promise<SwarmService> {
  const service = await docker.createService({
    Name: NAME,
    TaskTemplate: { ContainerSpec: { Image: IMAGE, Command: COMMAND }, RestartPolicy: { Condition: 'any', Delay: 0 } },
    Mode: { Replicated: { Replicas: TASKS } },
  } as Dockerode.CreateServiceOptions)
  const pids = async () => {
    const listed = await docker.listContainers({ filters: { label: [`com.docker.swarm.service.name=${NAME}`] } })
    const answering = await Promise.all(listed.map(({ Id }) => pidIfAnswering(docker.getContainer(Id))))
    return answering.filter(pid => pid !== undefined)
  }
  await until('the swarm service answers', async () => (await pids()).length === TASKS, 100)
  return {
    victim: async () => (await pids())[0]!,
    healed: async victim => {
      await until('the swarm healed', async () => {
        const living = await pids()
        return living.length === TASKS && !living.includes(victim)
      })
    },
    close: async () => {
      await service.remove()
      await leave()
    },
  }
}

async function pidIfAnswering(container: Dockerode.Container): Promise<number | undefined> {
  const found = await container.inspect().catch(() => undefined)
  const address = found?.NetworkSettings.Networks['bridge']?.IPAddress
  if (!found?.State.Running || !address) return undefined
  return (await tryAnswer(3_000, address)) === undefined ? undefined : found.State.Pid
}
