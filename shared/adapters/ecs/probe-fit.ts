import {
  CONTAINER_LIMITS,
  graceOf,
  isBalanced,
  isLivenessByTarget,
  seconds,
  TARGET_LIMITS,
  targetCheck,
  within,
} from '../../domain/checks-on-aws.ts'
import { canonicalJson } from '../../domain/hash.ts'
import { isChecked } from '../../domain/health-check.ts'
import type { Probe, Probes } from '../../domain/probe.ts'
import type { ProbeName } from '../../domain/probe-names.ts'
import { referencesIn } from '../../domain/secret-text.ts'
import type { ServiceSpec } from '../../domain/spec.ts'
import type { Told } from '../../ports/estimate.ts'

type Rule = { readonly of: ProbeName; readonly why: (probe: Probe, probes: Probes, spec: ServiceSpec) => string | undefined }

const asks = ({ exec, http, tcp, grpc }: Probe) => canonicalJson({ exec, http, tcp, grpc })
const isSpecial = ({ http }: Probe) => http?.host !== undefined || http?.headers !== undefined
const NO_HEADERS = 'a load balancer sends no host and no headers of its choice'
const UNASKED = 'it publishes no port, so that no load balancer asks it'

/** What is left of Kubernetes' probes where only ECS (a command in the container) and a load balancer (HTTP) try a task. */
const RULES: readonly Rule[] = [
  { of: 'readiness', why: ({ exec }) => exec && 'what fails a command in the container is replaced on ECS: say liveness, or healthcheck' },
  { of: 'readiness', why: ({ tcp }) => tcp && 'a load balancer for HTTP asks by HTTP: say http' },
  { of: 'readiness', why: ({ grpc }) => grpc && 'a load balancer asks by gRPC behind HTTPS only, which is not supported yet: say http' },
  { of: 'readiness', why: ({ http }, _, spec) => (http && !isBalanced(spec) ? `${UNASKED}: say healthcheck` : undefined) },
  { of: 'readiness', why: probe => (isSpecial(probe) ? NO_HEADERS : undefined) },
  { of: 'liveness', why: ({ tcp, grpc }) => (tcp ?? grpc) && 'ECS tries it by a command in the container: say exec' },
  {
    of: 'liveness',
    why: ({ exec }, _, spec) => (exec && isChecked(spec.healthcheck) ? 'ECS has one check, and healthcheck is it' : undefined),
  },
  {
    of: 'liveness',
    why: ({ exec }) => {
      const [secret] = (exec ?? []).flatMap(referencesIn)
      return secret && `it would hold the secret ${secret} in plain sight on ECS: give it as an environment variable`
    },
  },
  { of: 'liveness', why: ({ http }, _, spec) => (http && !isBalanced(spec) ? `${UNASKED}: say exec` : undefined) },
  {
    of: 'liveness',
    why: ({ http }, { readiness }) => (http && readiness ? 'a target group has one check, and readiness is it: say exec' : undefined),
  },
  { of: 'liveness', why: probe => (isSpecial(probe) ? NO_HEADERS : undefined) },
  {
    of: 'startup',
    why: (probe, { liveness }) =>
      liveness && asks(probe) === asks(liveness)
        ? undefined
        : 'on AWS it is the time in which failures of liveness do not count, and must ask what liveness asks',
  },
]

const over = (value: number, most: number, what: string, unit = ' s') =>
  value > most ? `its ${what} is at most ${most}${unit} on AWS` : undefined

/** Longer than AWS can wait or count. A startup that is refused already has no time of its own. */
function tooMuch(name: ProbeName, probe: Probe, probes: Probes): string | undefined {
  if (name === 'startup') return probe.exec && over(seconds(graceOf(probes)), CONTAINER_LIMITS.startPeriod[1], 'time')
  const { interval, timeout } = probe.exec ? CONTAINER_LIMITS : TARGET_LIMITS
  const grace = name === 'liveness' && probe.exec && !probes.startup ? seconds(probe.initialDelay) : 0
  return (
    over(seconds(probe.period), interval[1], 'period') ??
    over(seconds(probe.timeout), timeout[1], 'timeout') ??
    over(Math.max(probe.failureThreshold, probe.successThreshold), TARGET_LIMITS.count[1], 'threshold', '') ??
    over(grace, CONTAINER_LIMITS.startPeriod[1], 'initialDelay')
  )
}

const present = (probes: Probes) =>
  (['startup', 'readiness', 'liveness'] as const).flatMap(name => (probes[name] ? [{ name, probe: probes[name] }] : []))

/** Why a probe cannot be tried on AWS, before anything is committed; of each probe the first reason. */
export function probeRefusals(spec: ServiceSpec): readonly Told[] {
  const { probes = {} } = spec
  return present(probes).flatMap(({ name, probe }) => {
    const rule = RULES.find(({ of, why }) => of === name && why(probe, probes, spec))
    const why = rule?.why(probe, probes, spec) ?? tooMuch(name, probe, probes)
    return why ? [{ key: `x-longshore.probes.${name}`, why: `its ${name} probe: ${why}` }] : []
  })
}

/** What is tried otherwise than the file says. */
export function probeNotes(spec: ServiceSpec): readonly Told[] {
  const { probes = {} } = spec
  return present(probes).flatMap(({ name, probe }) => {
    const told = name === 'startup' ? startupNotes(probes) : probe.exec ? containerNotes(probe) : targetNotes(probe, spec)
    return told.map(why => ({ key: `x-longshore.probes.${name}`, why: `its ${name} probe ${why}` }))
  })
}

const startupNotes = (probes: Probes) => [`is the first ${seconds(graceOf(probes))} s, in which failures of liveness do not count`]

function containerNotes({ period, timeout }: Probe): readonly string[] {
  const [gets, has] = [within(seconds(period), CONTAINER_LIMITS.interval), within(seconds(timeout), CONTAINER_LIMITS.timeout)]
  return [...rounded(period, gets, 'is tried each'), ...rounded(timeout, has, 'has a timeout of')]
}

function targetNotes({ period, timeout, initialDelay, failureThreshold, successThreshold }: Probe, spec: ServiceSpec): readonly string[] {
  const check = targetCheck(spec)
  const count = (asked: number, gets: number, what: string) => (asked === gets ? [] : [`takes ${gets} ${what}`])
  return [
    ...rounded(period, check.interval, 'is tried each'),
    ...rounded(timeout, check.timeout, 'has a timeout of'),
    ...count(failureThreshold, check.unhealthy, 'failures in a row'),
    ...(isLivenessByTarget(spec) ? [] : count(successThreshold, check.healthy, 'successes in a row after a failure')),
    ...(initialDelay > 0 && !isLivenessByTarget(spec) ? ['is tried at once: what is not ready yet gets no requests'] : []),
  ]
}

const rounded = (asked: number, gets: number, what: string) => (asked === gets * 1_000 ? [] : [`${what} ${gets} s`])
