import { emptySpec, type ServiceSpec, type StackSpec } from '../../shared/domain/spec.ts'
import { type Counts, Meter, plus, times } from './meter.ts'
import { SmallCloud } from './small-cloud.ts'

/**
 * What happens in the day that is paid for. Stacks of five services with two tasks each; one service in five is published. Each stack is
 * deployed once a day, with somebody watching, and one task in twenty dies.
 */
export const DAY = {
  servicesPerStack: 5,
  tasksPerService: 2,
  deploymentsPerStack: 1,
  deathsPerTask: 0.05,
  /** How long somebody watches a deployment, and how often a look is taken for them. */
  watchSeconds: 120,
  looksPerSecond: 5,
} as const

const MINUTES = 24 * 60
const SAMPLE = 3

/**
 * The day's counts. Every minute in which nothing happens is the same, so `SAMPLE` of them are run and taken for all; likewise one
 * deployment and one death of the many.
 */
export async function countDay(services: number): Promise<Counts> {
  const meter = new Meter()
  const cloud = new SmallCloud(meter)
  const stacks = Math.max(1, Math.round(services / DAY.servicesPerStack))
  for (let stack = 0; stack < stacks; stack++) await deploy(cloud, stack, 1)
  await cloud.pass(180)
  await cloud.hour()
  await cloud.minute()
  meter.read()

  for (let minute = 0; minute < SAMPLE; minute++) await cloud.minute()
  const idle = times(meter.read(), MINUTES / SAMPLE)
  await cloud.hour()
  const audits = times(meter.read(), 24)

  await deploy(cloud, 0, 2)
  await cloud.pass(DAY.watchSeconds)
  const deployment = meter.read()
  await watch(cloud)
  const watched = times(meter.read(), DAY.looksPerSecond * DAY.watchSeconds)
  const calls = times({ ...watched, apiRequest: 0, lambdaRequest: 0, lambdaGbSecond: 0, logGb: 0 }, 1)
  const waiting = { apiRequest: DAY.watchSeconds / 20, lambdaRequest: DAY.watchSeconds / 20, lambdaGbSecond: DAY.watchSeconds / 2 }

  cloud.tasks.die(cloud.tasks.running()[0]!)
  await cloud.pass(120)
  const healing = meter.read()

  const deaths = services * DAY.tasksPerService * DAY.deathsPerTask
  return plus(idle, audits, times(plus(deployment, calls, waiting), stacks * DAY.deploymentsPerStack), times(healing, deaths), polling())
}

/** Lambda asks each queue with five long polls at a time, whether anything comes or not. */
const QUEUES = 5
const polling = (): Counts => ({ sqsRequest: QUEUES * 5 * 3 * MINUTES })

async function deploy(cloud: SmallCloud, stack: number, version: number): Promise<void> {
  const name = `stack${stack}`
  await cloud.request('POST', `/v1/stacks/${name}/deployments`, { spec: specOf(name, stack, version) })
}

/** One look of `up`'s follower. */
const watch = (cloud: SmallCloud): Promise<unknown> => cloud.request('GET', '/v1/stacks/stack0/events')

function specOf(name: string, stack: number, version: number): StackSpec {
  const services = Array.from({ length: DAY.servicesPerStack }, (_, index) => {
    const spec: ServiceSpec = {
      ...emptySpec,
      image: `registry/${name}:${version}`,
      environment: { LOG_LEVEL: 'info', DATABASE_HOST: 'db.internal', FEATURES: 'search,export' },
      ports: index === 0 ? [{ published: 10_000 + stack, target: 3_000, protocol: 'tcp', layer: 'http' }] : [],
    }
    return [`service${index}`, { spec, replicas: DAY.tasksPerService }] as const
  })
  return { name, services: Object.fromEntries(services) }
}
