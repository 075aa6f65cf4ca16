import type { ServiceSpec } from '../domain/spec.ts'

/** A service as a deployment would have it. */
export type Planned = { readonly stack: string; readonly service: string; readonly spec: ServiceSpec; readonly tasks: number }

/** What a service would have made where it is not there yet, and what that costs. */
export type Estimate = {
  /** `task definition longshore-shop-web`, `target group ls-web-…-80-1c0d`. */
  readonly resources: readonly string[]
  /** US dollars a month while nobody asks for anything, and with all tasks running; both before what is paid by use. */
  readonly idle: number
  readonly running: number
  /** Named alike by several services, and there once. */
  readonly shared?: Readonly<Record<string, number>>
}

/** `key`: the part of the service's spec, by its path in the Compose file, so that a client can show the line. */
export type Fit = { readonly refusals: readonly Told[]; readonly notes: readonly Told[] }
export type Told = { readonly key: string; readonly why: string }
