import { seconds } from '../../domain/checks-on-aws.ts'
import { isChecked } from '../../domain/health-check.ts'
import { referencesIn } from '../../domain/secret-text.ts'
import type { HealthCheck, ServiceSpec } from '../../domain/spec.ts'
import type { Told } from '../../ports/estimate.ts'
import { fargateSize, sizeNote } from './fargate-size.ts'
import { whyNotPlaced } from './files-place.ts'
import { probeNotes, probeRefusals } from './probe-fit.ts'

export type Platform = 'fargate' | 'instances'

type Rule = { readonly key: string; readonly on?: Platform; readonly why: (spec: ServiceSpec) => string | undefined }

const refers = (texts: readonly string[] | undefined) => (texts ?? []).flatMap(referencesIn)[0]
const named = (what: string, name: string | undefined) =>
  name && `${what} would hold the secret ${name} in plain sight on ECS: give it as an environment variable`
const isOn = (flag: boolean | undefined, why: string) => (flag ? why : undefined)
const outside = (value: number, low: number, high: number) => value < low || value > high
const above = (check: HealthCheck | undefined, value: (check: HealthCheck) => number, most: number, unit = 's') =>
  isChecked(check) && value(check) > most ? `ECS allows at most ${most}${unit && ` ${unit}`}` : undefined
const FARGATE_CAPABILITIES = new Set(['SYS_PTRACE', 'CAP_SYS_PTRACE'])
/** Beside the installation's own. */
const MOST_NETWORKS = 4

/** What ECS cannot do, and on Fargate less still. All that apply are told, in this order. */
const RULES: readonly Rule[] = [
  { key: 'image', why: ({ image, digest }) => isOn(!image && !digest, 'ECS runs containers only, and it names no image') },
  { key: 'privileged', on: 'fargate', why: spec => isOn(spec.privileged, 'Fargate runs no privileged containers') },
  {
    key: 'cap_add',
    on: 'fargate',
    why: ({ capAdd = [] }) => {
      const not = capAdd.filter(name => !FARGATE_CAPABILITIES.has(name))
      return not.length ? `Fargate gives no capability but SYS_PTRACE (asked for ${not.join(', ')})` : undefined
    },
  },
  {
    key: 'hostname',
    why: ({ hostname }) => isOn(hostname !== undefined, 'a task with a network address of its own has no host name of its choice'),
  },
  {
    key: 'ports',
    why: ({ ports }) =>
      isOn(
        ports.some(port => port.hostIp !== undefined),
        'a port cannot be bound to one address of a host: there is no host',
      ),
  },
  {
    key: 'volumes',
    on: 'fargate',
    why: ({ volumes }) =>
      isOn(
        volumes.some(mount => mount.type === 'bind'),
        'Fargate has no host whose paths could be mounted',
      ),
  },
  {
    key: 'volumes',
    why: ({ volumes }) => {
      const mount = volumes.find(one => one.type === 'volume' && one.source !== undefined && !one.readOnly)
      return (
        mount &&
        `${mount.target} is written to and would be lost with each task: named volumes need a file system (EFS), which is not supported yet`
      )
    },
  },
  {
    key: 'networks',
    why: ({ networks }) =>
      isOn(
        networks.some(one => one.external),
        'networks of an engine do not exist on AWS',
      ),
  },
  {
    key: 'networks',
    why: ({ networks }) =>
      isOn(
        networks.length > 0 && networks.every(one => one.internal),
        'all of its networks are internal, and a task on AWS has a way out, by which its image is pulled',
      ),
  },
  {
    key: 'networks',
    why: ({ networks }) =>
      isOn(
        networks.length > MOST_NETWORKS,
        `a task has at most ${MOST_NETWORKS} networks beside the installation's own, since AWS allows 5 security groups`,
      ),
  },
  { key: 'command', why: spec => named('its command', refers(spec.command)) },
  { key: 'entrypoint', why: spec => named('its entrypoint', refers(spec.entrypoint)) },
  { key: 'healthcheck.test', why: spec => named('its health check', refers(spec.healthcheck?.test)) },
  { key: 'labels', why: spec => named('a label', refers(Object.values(spec.labels))) },
  { key: 'healthcheck.interval', why: ({ healthcheck }) => above(healthcheck, check => seconds(check.interval), 300) },
  { key: 'healthcheck.timeout', why: ({ healthcheck }) => above(healthcheck, check => seconds(check.timeout), 60) },
  { key: 'healthcheck.retries', why: ({ healthcheck }) => above(healthcheck, check => check.retries, 10, '') },
  { key: 'healthcheck.start_period', why: ({ healthcheck }) => above(healthcheck, check => seconds(check.startPeriod), 300) },
  {
    key: 'stop_grace_period',
    on: 'fargate',
    why: ({ stopGracePeriod }) => isOn(seconds(stopGracePeriod) > 120, 'Fargate waits at most 120 s before it kills'),
  },
  {
    key: 'stop_signal',
    why: ({ stopSignal = 'SIGTERM' }) =>
      isOn(!/^(SIG)?TERM$|^15$/i.test(stopSignal), "ECS sends the image's own STOPSIGNAL: set it in the Dockerfile"),
  },
  {
    key: 'x-longshore.scale.idle',
    why: ({ scale }) => isOn(scale?.idle !== undefined, 'nothing on AWS holds the first request of a service without tasks yet'),
  },
  {
    key: 'x-longshore.exec',
    why: ({ exec, readOnly }) => isOn(exec && readOnly, 'its agent writes to the root file system, which is read_only'),
  },
  { key: 'pids_limit', why: ({ resources }) => isOn(resources.pids !== undefined, 'ECS limits no number of processes') },
  {
    key: 'mem_limit',
    why: ({ resources }) =>
      isOn(resources.memory !== undefined && outside(resources.memory, 6 * 1_048_576, 2 ** 41), 'ECS gives at least 6 MB'),
  },
  {
    key: 'deploy.resources',
    on: 'fargate',
    why: ({ resources }) =>
      isOn(!fargateSize(resources), 'no size of Fargate holds it: at most 16 cpus and 120 GB, 30 GB up to 4 cpus, 60 GB up to 8'),
  },
]

/** Why this spec cannot run on ECS, before anything is committed; none: it can. */
export const refusals = (spec: ServiceSpec, platform: Platform): readonly Told[] => [
  ...RULES.filter(rule => rule.on === undefined || rule.on === platform).flatMap(({ key, why }) => {
    const said = why(spec)
    return said ? [{ key, why: said }] : []
  }),
  ...fileRefusals(spec),
  ...probeRefusals(spec),
]

/** By the item of the file's own list. */
const fileRefusals = (spec: ServiceSpec): readonly Told[] =>
  (['config', 'secret'] as const).flatMap(kind =>
    spec.files
      .filter(file => file.kind === kind)
      .flatMap((file, index) => {
        const why = whyNotPlaced(spec, file)
        return why ? [{ key: `${kind}s.${index}`, why: `${kind} ${file.name}: ${why}` }] : []
      }),
  )

/** What runs otherwise than the file says, told in the plan. */
export function notes(spec: ServiceSpec, platform: Platform): readonly Told[] {
  const size = platform === 'fargate' ? sizeNote(spec.resources) : undefined
  const rounded = isChecked(spec.healthcheck) ? roundings(spec.healthcheck) : []
  return [
    ...(size ? [{ key: 'deploy.resources', why: size }] : []),
    ...rounded,
    ...probeNotes(spec),
    ...(spec.files.length > 0
      ? [{ key: `${spec.files[0]!.kind}s`, why: 'a container of its own writes its configs and secrets first, and ends' }]
      : []),
    ...(spec.stopGracePeriod < 2_000 ? [{ key: 'stop_grace_period', why: 'it gets 2 s, the shortest time on ECS' }] : []),
    ...(spec.exec ? [{ key: 'x-longshore.exec', why: 'an agent of AWS runs in its tasks' }] : []),
    ...(spec.volumes.some(mount => mount.type === 'volume')
      ? [{ key: 'volumes', why: 'volumes are the task’s own storage: they begin empty and end with it' }]
      : []),
  ]
}

function roundings({ interval, timeout, startInterval }: HealthCheck): readonly Told[] {
  const told: Told[] = []
  if (interval < 5_000) told.push({ key: 'healthcheck.interval', why: 'it is checked each 5 s, the shortest interval on ECS' })
  if (timeout < 2_000) told.push({ key: 'healthcheck.timeout', why: 'a check has 2 s, the shortest timeout on ECS' })
  if (startInterval !== undefined) told.push({ key: 'healthcheck.start_interval', why: 'ECS has one interval only' })
  return told
}
