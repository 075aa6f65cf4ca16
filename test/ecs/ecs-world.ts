import type { EcsOptions } from '../../shared/adapters/ecs/ecs-options.ts'
import { createEcsRuntime } from '../../shared/adapters/ecs/ecs-runtime.ts'
import { createBlobs } from '../../shared/adapters/memory/blobs.ts'
import { grant } from '../../shared/domain/budget.ts'
import { emptySpec, type ServiceSpec } from '../../shared/domain/spec.ts'
import { taskId } from '../../shared/domain/task-id.ts'
import type { Budgets } from '../../shared/ports/budgets.ts'
import type { StartRequest } from '../../shared/ports/runtime.ts'
import { FakeEcs } from './fake-ecs.ts'

export const WEB = 'service/shop/web'
export const spec = (more: Partial<ServiceSpec> = {}): ServiceSpec => ({ ...emptySpec, image: 'registry/app:1', ...more })

export const memoryBudgets = (now: () => number): Budgets => {
  const full = new Map<string, number>()
  return {
    take: async (name, wanted, rate) => {
      const next = grant(full.get(name), now(), wanted, rate)
      full.set(name, next.full)
      return next.granted
    },
  }
}

export const FILES_IMAGE = `registry/busybox@sha256:${'f'.repeat(64)}`

export const SPOT = {
  strategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
  fallback: [{ capacityProvider: 'FARGATE', weight: 1 }],
} as const

/** The runtime on a fake ECS, and what was put into its secret store. */
export function ecsWorld(more: Partial<EcsOptions> = {}) {
  const ecs = new FakeEcs()
  const secrets = new Map<string, string>()
  const blobs = createBlobs()
  const options: EcsOptions = {
    ecs: ecs.client,
    clock: { now: () => ecs.now },
    budgets: memoryBudgets(() => ecs.now),
    secrets: {
      get: async (stack, name, version) => secrets.get(`${stack}/${name}/${version}`),
      put: async (stack, name, value) => {
        secrets.set(`${stack}/${name}/1`, value)
        return { version: 1, hash: 'h' }
      },
      valueFrom: async (stack, name, version) =>
        secrets.has(`${stack}/${name}/${version}`)
          ? `arn:aws:secretsmanager:eu-west-1:1:secret:${stack}/${name}-AbCdEf:value::v${version}`
          : undefined,
    },
    blobs,
    filesImage: FILES_IMAGE,
    installation: 'prod',
    cluster: 'longshore',
    region: 'eu-west-1',
    capacity: { strategy: [{ capacityProvider: 'FARGATE', weight: 1 }] },
    subnets: ['subnet-1', 'subnet-2'],
    networks: { groupsFor: async () => ['sg-1'], keepOnly: async () => {} },
    assignPublicIp: false,
    executionRole: 'arn:aws:iam::1:role/execution',
    execRole: 'arn:aws:iam::1:role/exec',
    logGroup: '/longshore/prod',
    ...more,
  }
  return {
    ecs,
    secrets,
    blobs,
    options,
    runtime: createEcsRuntime(options),
    another: (changes: Partial<EcsOptions> = {}) => createEcsRuntime({ ...options, ...changes }),
  }
}
export type EcsWorld = ReturnType<typeof ecsWorld>

let numbers = 0
export function request(asked: ServiceSpec = spec(), more: Partial<StartRequest> = {}): StartRequest {
  const number = ++numbers
  const id = taskId({ id: 'prod', epoch: 1 }, WEB, number, 0, number)
  return { installation: 'prod', stream: WEB, stack: 'shop', service: 'web', id, number, revision: 1, intent: number, spec: asked, ...more }
}
