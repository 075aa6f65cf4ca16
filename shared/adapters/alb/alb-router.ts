import { type TargetCheck, targetCheck } from '../../domain/checks-on-aws.ts'
import { CodedError } from '../../domain/errors.ts'
import { canonicalJson } from '../../domain/hash.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Front, Router, RouteSet, Target } from '../../ports/router.ts'
import { balancerName, groupName } from './alb-names.ts'
import { keyOf, type Route, type Share } from './alb-state.ts'
import { checkPorts } from './check-ports.ts'
import { isAsWanted } from './compare.ts'
import { type ConvergeOptions, converge } from './converge.ts'
import { look, lookForGroups } from './look.ts'
import { listenersOf, lookForBalancer } from './look-for-balancer.ts'
import { routingEstimate } from './routing-cost.ts'
import { onlyHttp, routingNotes, routingRefusals } from './routing-fit.ts'
import { Sights } from './sights.ts'

export type AlbRouterOptions = Omit<ConvergeOptions, 'balancer' | 'left'> & {
  readonly clock: Clock
  /** A load balancer of the user's own; absent: one is made with the first route and removed with the last. */
  readonly loadBalancer?: string
}

/** E4: computed, applied, computed again; then the message comes again. */
const PASSES = 3

/**
 * Published ports at layer 7 on an Application Load Balancer: one listener, one rule and one target group each. ELB has no compare-and-set,
 * so a late call can undo a newer one until somebody looks again (E5). @throws CodedError LS-SPEC-LIMIT, LS-RUNTIME-UNSUPPORTED; else what ELB answers
 */
export function createAlbRouter({ loadBalancer, ...make }: AlbRouterOptions): Router {
  const balancer = loadBalancer === undefined ? { name: balancerName(make.installation) } : { arn: loadBalancer }
  const options = { ...make, balancer }
  const sights = new Sights(options)
  /** By stream: the version whose routes this process saw as they are wanted. Until the next, what services share is looked at once for all. */
  const settled = new Map<string, number>()
  const isSettled = async (stream: string, version: number, routes: readonly Route[]) =>
    settled.get(stream) === version && isAsWanted(routes, await look(options, stream, portsOf(routes), await sights.remembered()))

  return {
    isVersioned: false,
    fit: (spec, most) => ({ refusals: routingRefusals(spec, most), notes: routingNotes(spec) }),
    estimate: planned => [routingEstimate(make.installation, loadBalancer === undefined, planned)],

    async apply(stream, version, wanted, left) {
      const routes = wanted.fronts
        .filter(front => onlyHttp(front) === undefined)
        .map(front => routeOf(make.installation, stream, front, wanted))
      let done = await isSettled(stream, version, routes).catch(() => false) // what was remembered may be gone: a look of now tells
      if (!done) settled.delete(stream)
      for (let pass = 0; pass < PASSES && !done; pass++) {
        const found = await look(options, stream, portsOf(routes), await sights.fresh())
        done = !(await converge({ ...options, left }, routes, found).catch(asLimit))
      }
      if (done) settled.set(stream, version)
      const refused = wanted.fronts.find(front => onlyHttp(front) !== undefined)
      if (refused) throw new CodedError('LS-RUNTIME-UNSUPPORTED', `port ${refused.published}: ${onlyHttp(refused)}`)
      if (!done) throw new Error(`the routes of ${stream} changed under each of ${PASSES} looks`)
    },

    async targets(stream, known) {
      const groups = await lookForGroups(options, stream)
      const present = new Set([...groups.values()].flatMap(group => group.targets.map(keyOf)))
      return known.filter(({ addresses }) => Object.values(addresses).some(address => present.has(keyOf(address)))).map(({ id }) => id)
    },

    async dropUnused() {
      if ('name' in balancer && (await lookForBalancer(options)) === undefined) await options.groups.retire()
    },

    check: (_stack, fronts) =>
      checkPorts(fronts, async () => {
        const there = await lookForBalancer(options)
        return new Map((there ? await listenersOf(options, there.arn) : []).map(({ port, isOurs }) => [port, { isOurs }]))
      }),
  }
}

/** Pure. Tasks of a revision that asks otherwise than another have a group of their own: a group has one check, and neither must answer the other's. */
export function routeOf(installation: string, stream: string, front: Front, { targets, coming = [], check = ANY_ANSWER }: RouteSet): Route {
  const { published, target, protocol } = front
  const checks = new Map([...targets, ...coming].map(one => [canonicalJson(checkOf(one)), checkOf(one)]))
  const shares = [...(checks.size > 0 ? checks.values() : [check])].map((check): Share => {
    const reached = (set: readonly Target[]) =>
      set
        .filter(one => canonicalJson(checkOf(one)) === canonicalJson(check))
        .flatMap(({ addresses }) => addresses[`${target}/${protocol}`] ?? [])
    const group = groupName(installation, stream, published, check)
    return { group, port: target, check, wanted: reached(targets), coming: reached(coming) }
  })
  return { published, shares }
}

const portsOf = (routes: readonly Route[]) => routes.map(({ published }) => published)

const ANY_ANSWER = targetCheck({})
const checkOf = ({ check = ANY_ANSWER }: Target): TargetCheck => check

const LIMITS: Readonly<Record<string, string>> = {
  TooManyListenersException: 'listeners',
  TooManyRulesException: 'rules',
  TooManyTargetGroupsException: 'target groups',
  TooManyTargetsException: 'targets',
  TooManyRegistrationsForTargetIdException: 'registrations of one target',
  TooManyLoadBalancersException: 'load balancers',
}

function asLimit(error: unknown): never {
  const what = error instanceof Error ? LIMITS[error.name] : undefined
  if (what === undefined) throw error
  throw new CodedError('LS-SPEC-LIMIT', `AWS allows no more ${what} here: ${(error as Error).message}`, {
    hint: 'Ask AWS for a higher quota, or publish fewer ports.',
    cause: error,
  })
}
