import type { Probes } from '../domain/probe.ts'
import type { HealthCheck, Mount, MountedFile, PublishedPort, ServiceSpec, UpdateConfig, WantedService } from '../domain/spec.ts'
import { renderScale } from './render-scale.ts'

const doubled = (text: string): string => text.replaceAll('$', '$$$$')
const doubledList = (texts: readonly string[]): string[] => texts.map(doubled)
const doubledMap = (texts: Readonly<Record<string, string>>): object =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, doubled(text)]))

/** The key under which the file knew an engine's name, or one that serves as well. */
export const keyOf = (stack: string, name: string): string => (name.startsWith(`${stack}_`) ? name.slice(stack.length + 1) : name)

/** A key with its list or mapping, unless that is empty. */
export const renderMapping = (key: string, value: object): object => (Object.keys(value).length > 0 ? { [key]: value } : {})

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const

/** Milliseconds in Compose's spelling: 90000 → 1m30s. */
export function renderDuration(milliseconds: number): string {
  let rest = milliseconds
  const parts = UNITS.map(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count > 0 ? `${count}${unit}` : ''
  })
  return parts.join('') || '0s'
}

const time = (key: string, milliseconds: number | undefined): object =>
  milliseconds === undefined ? {} : { [key]: renderDuration(milliseconds) }

const port = ({ published, target, protocol, layer, hostIp }: PublishedPort): object => ({
  target,
  ...(published !== undefined && { published: String(published) }),
  protocol,
  ...(protocol === 'tcp' && { app_protocol: layer }),
  ...(hostIp && { host_ip: hostIp }),
})

const healthcheck = (check: HealthCheck): object => ({
  test: doubledList(check.test),
  ...time('interval', check.interval),
  ...time('timeout', check.timeout),
  retries: check.retries,
  ...time('start_period', check.startPeriod),
  ...time('start_interval', check.startInterval),
})

const update = (config: UpdateConfig): object => ({
  ...(config.order && { order: config.order }),
  ...(config.parallelism !== undefined && { parallelism: config.parallelism }),
  ...time('delay', config.delay),
  ...(config.failureAction && { failure_action: config.failureAction }),
  ...time('monitor', config.monitor),
  ...(config.maxFailureRatio !== undefined && { max_failure_ratio: config.maxFailureRatio }),
})

function resources({ cpus, memory, memoryReservation, pids }: ServiceSpec['resources']): object {
  const limits = {
    ...(cpus !== undefined && { cpus: String(cpus) }),
    ...(memory !== undefined && { memory: String(memory) }),
    ...(pids !== undefined && { pids }),
  }
  const reservations = memoryReservation === undefined ? {} : { memory: String(memoryReservation) }
  return renderMapping('resources', { ...renderMapping('limits', limits), ...renderMapping('reservations', reservations) })
}

const deploy = ({ spec, replicas }: WantedService): object => ({
  ...(replicas !== undefined && { replicas }),
  ...resources(spec.resources),
  ...renderMapping('update_config', update(spec.update)),
  ...renderMapping('rollback_config', update(spec.rollback)),
  restart_policy: {
    condition: spec.restart.condition,
    ...time('delay', spec.restart.delay),
    ...(spec.restart.maxAttempts !== undefined && { max_attempts: spec.restart.maxAttempts }),
    ...time('window', spec.restart.window),
  },
})

/** @param key turns an engine's name into the file's own */
const mount = ({ type, source, target, readOnly, sizeBytes }: Mount, key: (name: string) => string): object => ({
  type,
  ...(source !== undefined && { source: doubled(type === 'volume' ? key(source) : source) }),
  target: doubled(target),
  ...(readOnly && { read_only: true }),
  ...(sizeBytes !== undefined && { tmpfs: { size: String(sizeBytes) } }),
})

const mountedFile = ({ name, target, uid, gid, mode }: MountedFile): object => ({
  source: name,
  target: doubled(target),
  ...(uid !== undefined && { uid }),
  ...(gid !== undefined && { gid }),
  ...(mode !== undefined && { mode: `0${mode.toString(8)}` }),
})

const probes = (all: Probes): object =>
  Object.fromEntries(
    Object.entries(all).map(([name, { exec, http, tcp, grpc, period, timeout, initialDelay, ...thresholds }]) => [
      name,
      {
        ...(exec && { exec: doubledList(exec) }),
        ...(http && { http: { ...http, ...(http.headers && { headers: doubledMap(http.headers) }) } }),
        ...(tcp && { tcp }),
        ...(grpc && { grpc }),
        ...time('period', period),
        ...time('timeout', timeout),
        ...thresholds,
        ...time('initialDelay', initialDelay),
      },
    ]),
  )

/** What Compose has no words for. */
function ours(spec: ServiceSpec, key: (name: string) => string): object {
  const shared = spec.volumes.filter(one => one.shared)
  const names = shared.map(one => (one.type === 'volume' && one.source !== undefined ? key(one.source) : one.target))
  const { maxSurge, maxUnavailable } = spec.update
  const process = spec.process && {
    command: doubledList(spec.process.command),
    ...(spec.process.cwd !== undefined && { cwd: doubled(spec.process.cwd) }),
    ...(spec.process.environment && { environment: doubledMap(spec.process.environment) }),
  }
  const content = {
    ...(process && { process }),
    ...(spec.scale && { scale: renderScale(spec.scale, renderDuration, doubled) }),
    ...(spec.probes && { probes: probes(spec.probes) }),
    ...(spec.exec !== undefined && { exec: spec.exec }),
    ...renderMapping('volumes', Object.fromEntries(names.map(name => [name, { shared: true }]))),
    ...renderMapping('deploy', { ...(maxSurge !== undefined && { maxSurge }), ...(maxUnavailable !== undefined && { maxUnavailable }) }),
  }
  return renderMapping('x-longshore', content)
}

function simple(spec: ServiceSpec): object {
  return {
    ...(spec.user !== undefined && { user: doubled(spec.user) }),
    ...(spec.workingDir !== undefined && { working_dir: doubled(spec.workingDir) }),
    ...(spec.hostname !== undefined && { hostname: doubled(spec.hostname) }),
    ...(spec.stopSignal !== undefined && { stop_signal: spec.stopSignal }),
    ...time('stop_grace_period', spec.stopGracePeriod),
    ...(spec.init !== undefined && { init: spec.init }),
    ...(spec.tty !== undefined && { tty: spec.tty }),
    ...(spec.readOnly !== undefined && { read_only: spec.readOnly }),
    ...(spec.privileged !== undefined && { privileged: spec.privileged }),
    ...(spec.capAdd && { cap_add: spec.capAdd }),
    ...(spec.capDrop && { cap_drop: spec.capDrop }),
  }
}

export function renderService(stack: string, wanted: WantedService): object {
  const { spec } = wanted
  const key = (name: string) => keyOf(stack, name)
  const networks = spec.networks.map(({ name, aliases }) => [key(name), aliases.length > 0 ? { aliases } : null])
  const exposed = spec.expose.map(({ target, protocol }) => (protocol === 'tcp' ? String(target) : `${target}/${protocol}`))
  return {
    ...(spec.image !== undefined && { image: doubled(spec.image) }),
    ...(spec.entrypoint && { entrypoint: doubledList(spec.entrypoint) }),
    ...(spec.command && { command: doubledList(spec.command) }),
    ...renderMapping('environment', doubledMap(spec.environment)),
    ...renderMapping('ports', spec.ports.map(port)),
    ...renderMapping('expose', exposed),
    ...(spec.healthcheck && { healthcheck: healthcheck(spec.healthcheck) }),
    deploy: deploy(wanted),
    ...renderMapping(
      'volumes',
      spec.volumes.map(one => mount(one, key)),
    ),
    networks: Object.fromEntries(networks),
    ...renderMapping('configs', spec.files.filter(file => file.kind === 'config').map(mountedFile)),
    ...renderMapping('secrets', spec.files.filter(file => file.kind === 'secret').map(mountedFile)),
    ...renderMapping('labels', doubledMap(spec.labels)),
    ...renderMapping('depends_on', spec.dependsOn),
    ...simple(spec),
    ...ours(spec, key),
  }
}
