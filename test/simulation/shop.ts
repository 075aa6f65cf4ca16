import { PROBE_DEFAULTS, type Probes } from '../../shared/domain/probe.ts'
import type { ScalePolicy } from '../../shared/domain/scale-policy.ts'
import { emptySpec, type HealthCheck, type ServiceSpec, type StackSpec } from '../../shared/domain/spec.ts'
import { policiesOf } from './policies.ts'
import { type Kind, MINUTE, SECOND } from './rules.ts'

/** How the services of one run's stack are rolled out; drawn from the seed, the same in every file of the run. */
export type Shop = {
  readonly order: 'start-first' | 'stop-first'
  readonly maxSurge: string
  readonly maxUnavailable: string
  /** The database is probed by a health check of its own; else it is ready when it runs. */
  readonly dbChecked: boolean
  /** There is a worker that depends on the database being healthy. */
  readonly hasWorker: boolean
  /** The web service is probed from outside, for its tasks' lives. */
  readonly webProbes?: Probes
  /** What the web service's files choose from; absent where it is not scaled. */
  readonly policies?: readonly ScalePolicy[]
}

/** The one service that may be scaled by what is measured. */
export const SCALED = 'service/shop/web'

export const MONITOR = 10 * SECOND
export const DRAIN = 30 * SECOND

/** By its port a probe's try is told from another's. */
export const PROBE_PORTS = { startup: 3000, readiness: 3001, liveness: 3002 }
const probe = (name: keyof typeof PROBE_PORTS, period: number, failureThreshold: number) => ({
  ...PROBE_DEFAULTS,
  tcp: { port: PROBE_PORTS[name] },
  period,
  failureThreshold,
})
const probesOf = (seed: number): Probes => ({
  ...(seed % 3 === 0 && { startup: probe('startup', 2 * SECOND, 30) }),
  readiness: { ...probe('readiness', 3 * SECOND, 2), successThreshold: seed % 5 === 0 ? 2 : 1 },
  liveness: probe('liveness', 5 * SECOND, 3),
})

/** Probes only at home: on AWS they are the checks of others. */
export const shopOf = (seed: number, kind: Kind): Shop => ({
  policies: policiesOf(seed, kind),
  order: seed % 4 === 3 ? 'stop-first' : 'start-first',
  maxSurge: seed % 5 === 0 ? '50%' : '25%',
  maxUnavailable: seed % 3 === 0 ? '50%' : '0%',
  dbChecked: seed % 2 === 0,
  hasWorker: seed % 3 !== 1,
  ...(kind === 'docker' && seed % 2 === 1 && { webProbes: probesOf(seed) }),
})

/** What the checker needs to know of a service's policy, from what was asked (never from Longshore's own policy). */
export type Terms = {
  readonly writer: boolean
  readonly order: Shop['order']
  readonly surge: number
  readonly unavailable: number
  readonly routed: boolean
}

export function termsOf(shop: Shop, service: string, desired: number): Terms {
  if (service === 'db') return { writer: true, order: 'stop-first', surge: 0, unavailable: desired, routed: false }
  const share = (percent: string) => (desired * Number.parseInt(percent, 10)) / 100
  const surge = shop.order === 'stop-first' ? 0 : Math.ceil(share(shop.maxSurge))
  const unavailable = Math.floor(share(shop.maxUnavailable))
  return { writer: false, order: shop.order, surge, unavailable: surge + unavailable === 0 ? 1 : unavailable, routed: service === 'web' }
}

const check: HealthCheck = { test: ['CMD', 'check'], interval: 2 * SECOND, timeout: SECOND, retries: 3, startPeriod: 0 }

/** What a user's file says of each service. */
export type Wanted = { readonly image: string; readonly replicas?: number; readonly scale?: ScalePolicy }
export type ShopFile = Readonly<Record<string, Wanted>>

export function fileOf(shop: Shop, file: ShopFile): StackSpec {
  const services = Object.entries(file).map(([name, { image, replicas, scale }]) => [
    name,
    { spec: { ...specOf(shop, name, image), ...(scale && { scale }) }, replicas },
  ])
  return { name: 'shop', services: Object.fromEntries(services) }
}

function specOf(shop: Shop, name: string, image: string): ServiceSpec {
  const update = { order: shop.order, maxSurge: shop.maxSurge, maxUnavailable: shop.maxUnavailable, monitor: MONITOR }
  const base: ServiceSpec = { ...emptySpec, image, update, stopGracePeriod: 10 * SECOND }
  const { webProbes: probes } = shop
  if (name === 'web')
    return { ...base, ports: [{ published: 8080, target: 3000, protocol: 'tcp', layer: 'http' }], ...(probes && { probes }) }
  if (name === 'worker')
    return { ...base, healthcheck: check, dependsOn: { db: { condition: 'service_healthy', restart: false, required: true } } }
  const volumes = [{ type: 'volume' as const, source: 'shop_data', target: '/data', readOnly: false }]
  return { ...base, update: { monitor: MONITOR }, volumes, healthcheck: shop.dbChecked ? check : undefined }
}

export const PROGRESS_DEADLINE = 10 * MINUTE
