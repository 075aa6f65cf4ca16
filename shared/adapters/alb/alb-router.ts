import { type TargetCheck, targetCheck } from '../../domain/checks-on-aws.ts'
import { CodedError } from '../../domain/errors.ts'
import { canonicalJson } from '../../domain/hash.ts'
import type { Front, Router, RouteSet, Target } from '../../ports/router.ts'
import { balancerName, groupName } from './alb-names.ts'
import { keyOf, type Route, type Share } from './alb-state.ts'
import { checkPorts } from './check-ports.ts'
import { type ConvergeOptions, converge } from './converge.ts'
import { look, lookForGroups } from './look.ts'
import { listenersOf, lookForBalancer } from './look-for-balancer.ts'
import { routingEstimate } from './routing-cost.ts'
import { onlyHttp, routingNotes, routingRefusals } from './routing-fit.ts'

export type AlbRouterOptions = Omit<ConvergeOptions, 'balancer'> & {
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

  return {
    isVersioned: false,
    fit: (spec, most) => ({ refusals: routingRefusals(spec, most), notes: routingNotes(spec) }),
    estimate: planned => [routingEstimate(make.installation, loadBalancer === undefined, planned)],

    async apply(stream, _version, wanted, left) {
      const routes = wanted.fronts
        .filter(front => onlyHttp(front) === undefined)
        .map(front => routeOf(make.installation, stream, front, wanted))
      const ports = routes.map(route => route.published)
      let settled = false
      for (let pass = 0; pass < PASSES && !settled; pass++)
        settled = !(await converge({ ...options, left }, routes, await look(options, stream, ports)).catch(asLimit))
      const refused = wanted.fronts.find(front => onlyHttp(front) !== undefined)
      if (refused) throw new CodedError('LS-RUNTIME-UNSUPPORTED', `port ${refused.published}: ${onlyHttp(refused)}`)
      if (!settled) throw new Error(`the routes of ${stream} changed under each of ${PASSES} looks`)
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
