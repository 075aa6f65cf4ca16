import { emptySpec, type HealthCheck, type ServiceSpec, type StackSpec } from '../../shared/domain/spec.ts'
import { MINUTE, SECOND } from './rules.ts'

/** How the services of one run's stack are rolled out; drawn from the seed, the same in every file of the run. */
export type Shop = {
  readonly order: 'start-first' | 'stop-first'
  readonly maxSurge: string
  readonly maxUnavailable: string
  /** The database is probed by a health check of its own; else it is ready when it runs. */
  readonly dbChecked: boolean
  /** There is a worker that depends on the database being healthy. */
  readonly hasWorker: boolean
}

export const MONITOR = 10 * SECOND
export const DRAIN = 30 * SECOND

export const shopOf = (seed: number): Shop => ({
  order: seed % 4 === 3 ? 'stop-first' : 'start-first',
  maxSurge: seed % 5 === 0 ? '50%' : '25%',
  maxUnavailable: seed % 3 === 0 ? '50%' : '0%',
  dbChecked: seed % 2 === 0,
  hasWorker: seed % 3 !== 1,
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
export type Wanted = { readonly image: string; readonly replicas?: number }
export type ShopFile = Readonly<Record<string, Wanted>>

export function fileOf(shop: Shop, file: ShopFile): StackSpec {
  const services = Object.entries(file).map(([name, { image, replicas }]) => [name, { spec: specOf(shop, name, image), replicas }])
  return { name: 'shop', services: Object.fromEntries(services) }
}

function specOf(shop: Shop, name: string, image: string): ServiceSpec {
  const update = { order: shop.order, maxSurge: shop.maxSurge, maxUnavailable: shop.maxUnavailable, monitor: MONITOR }
  const base: ServiceSpec = { ...emptySpec, image, update, stopGracePeriod: 10 * SECOND }
  if (name === 'web') return { ...base, ports: [{ published: 8080, target: 3000, protocol: 'tcp', layer: 'http' }] }
  if (name === 'worker')
    return { ...base, healthcheck: check, dependsOn: { db: { condition: 'service_healthy', restart: false, required: true } } }
  const volumes = [{ type: 'volume' as const, source: 'shop_data', target: '/data', readOnly: false }]
  return { ...base, update: { monitor: MONITOR }, volumes, healthcheck: shop.dbChecked ? check : undefined }
}

export const PROGRESS_DEADLINE = 10 * MINUTE
