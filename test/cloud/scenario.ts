import { randomUUID } from 'node:crypto'
import type { ApiClient } from '../../cli/api-client.ts'
import type { StackStatus } from '../../shared/api/contract.ts'
import { emptySpec, type StackSpec } from '../../shared/domain/spec.ts'
import { eventually } from '../contracts/eventually.ts'
import { kill, runningWith } from './engine.ts'

/** Where the story is told: an installation with its API, and an image that its runtime can start (engine.ts makes it). */
export type Place = {
  readonly api: ApiClient
  readonly image: string
  /** How long one act may last. */
  readonly patienceMs: number
  /** A port that the story publishes, and what answers at the URL that the API tells for it; undefined: nobody. Absent: it publishes none. */
  readonly published?: { readonly port: number; readonly ask: (url: string) => Promise<string | undefined> }
  /** What the stack made beside its containers and what is still there of it. Absent: it makes nothing. */
  readonly leftovers?: () => Promise<readonly string[]>
}

const STACK = 'story'
/** In the environment of each container of the story, so that the engine can be asked about them. */
const MARK = 'STORY'

/**
 * One story for every installation: up, roll, a bad revision rolls back, a killed container heals, scale, down; its published port answers
 * with the version that it should throughout. It is told through the product's client, and believed when the engine says so.
 * @throws when an act does not come about
 */
export async function tellStory({ api, image, patienceMs, published, leftovers = async () => [] }: Place): Promise<readonly string[]> {
  const mark = randomUUID()
  const told: string[] = []
  const versions = () => runningWith(MARK, mark).map(({ environment }) => environment['VERSION'] ?? '')
  const act = async (what: string, isSo: (status: StackStatus) => boolean): Promise<StackStatus> => {
    const began = Date.now()
    const status = await until(api, what, isSo, patienceMs)
    told.push(`${what}: ${((Date.now() - began) / 1_000).toFixed(1)} s`)
    return status
  }
  const up = (environment: Readonly<Record<string, string>>, replicas: number) =>
    api.deploy(
      STACK,
      { spec: specOf(image, published?.port, { ...environment, [MARK]: mark }, replicas), secrets: {}, blobs: {} },
      randomUUID(),
    )
  const run = (version: string, count: number) => (status: StackStatus) =>
    status.settled && availableOf(status) === count && isEqual(versions(), version, count)

  const answers = async (version: string) => {
    if (!published) return
    const { port, ask } = published
    const { urls } = await api.urls(STACK)
    expectSo(urls.length === 1 && urls[0]!.endsWith(`:${port}`), 'one URL is told', urls)
    await eventually(`${urls[0]} answers version ${version}`, async () => (await ask(urls[0]!))?.trim() === `version ${version}`, 10_000)
  }

  await up({ VERSION: '1' }, 2)
  await act('up: two containers run', run('1', 2))
  await answers('1')

  await up({ VERSION: '2' }, 2)
  const rolled = await act('a new revision: both were exchanged', run('2', 2))
  expectSo(rolled.deployment?.outcome === 'ok', 'the rollout ended well', rolled)
  await answers('2')

  await up({ VERSION: '3', MODE: 'exits' }, 2)
  const back = await act('a revision that exits: rolled back', status => status.deployment?.cause === 'rollback' && run('2', 2)(status))
  const reasons = back.services[0]!.ended.map(task => `${task.code} ${task.reason}`).join('; ')
  expectSo(
    back.services[0]!.ended.some(task => task.revision === 3 && task.byItself),
    `the end of the bad tasks is kept: ${reasons}`,
    back,
  )
  const { deployments } = await api.history(STACK)
  expectSo(deployments.find(deployment => deployment.number === 3)?.outcome === 'failed', 'deployment 3 failed', deployments)
  await answers('2')

  const [victim] = runningWith(MARK, mark)
  kill(victim!)
  await act(
    'a killed container: healed',
    status => run('2', 2)(status) && !runningWith(MARK, mark).some(container => container.id === victim!.id),
  )

  await answers('2')

  await api.scale(STACK, 'web', 3, randomUUID())
  await act('scaled to three', run('2', 3))

  await api.remove(STACK, { volumes: true }, randomUUID())
  await act('down: no container is left', status => status.gone && versions().length === 0)
  const { stacks } = await api.stacks()
  expectSo(!stacks.some(item => item.stack === STACK && item.available > 0), 'the list shows none of it running', stacks)
  await eventually('nothing that it made is left', async () => (await leftovers()).length === 0, 30_000).catch(async () => {
    expectSo(false, 'nothing that it made is left', await leftovers())
  })
  return told
}

function specOf(image: string, published: number | undefined, environment: Readonly<Record<string, string>>, replicas: number): StackSpec {
  const ports = published ? [{ published, target: 3_000, protocol: 'tcp' as const, layer: 'http' as const }] : []
  const spec = { ...emptySpec, image, environment, ports, update: { monitor: 1_000 } }
  return { name: STACK, services: { web: { replicas, spec } } }
}

const availableOf = (status: StackStatus): number => status.services.reduce((sum, service) => sum + service.available, 0)
const isEqual = (versions: readonly string[], version: string, count: number): boolean =>
  versions.length === count && versions.every(other => other === version)

async function until(api: ApiClient, what: string, isSo: (status: StackStatus) => boolean, withinMs: number): Promise<StackStatus> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const status = await api.status(STACK)
    if (isSo(status)) return status
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}\n${JSON.stringify(status, null, 1)}`)
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

function expectSo(isSo: boolean, what: string, seen: unknown): void {
  if (!isSo) throw new Error(`this was to be so: ${what}\n${JSON.stringify(seen, null, 1)}`)
}
