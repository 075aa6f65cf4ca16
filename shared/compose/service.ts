import { emptySpec, type RestartPolicy, type ServiceSpec, type UpdateConfig } from '../domain/spec.ts'
import { boolean, duration, integer, oneOf } from './amounts.ts'
import { type Build, readBuild } from './build.ts'
import { readCommand } from './commands.ts'
import type { Context } from './context.ts'
import type { Cursor } from './cursor.ts'
import { readDependsOn } from './dependencies.ts'
import { type Deploy, readDeploy, readReplicas, readResources, readRestart } from './deploy.ts'
import { readLabels, readServiceEnvironment } from './environment.ts'
import { readHealthcheck } from './healthcheck.ts'
import { readMountedFiles } from './mounted-files.ts'
import { readMounts } from './mounts.ts'
import { noteExtension, readServiceNetworks } from './networks.ts'
import { readExpose, readPorts } from './ports.ts'
import { readProbes } from './probes.ts'
import { readProcess } from './process.ts'
import { noteFirst, readScale } from './scale.ts'

const KEYS = [
  ...(['build', 'cap_add', 'cap_drop', 'command', 'configs', 'cpus', 'depends_on', 'deploy', 'entrypoint', 'env_file'] as const),
  ...(['environment', 'expose', 'healthcheck', 'hostname', 'image', 'init', 'labels', 'mem_limit', 'mem_reservation'] as const),
  ...(['networks', 'pids_limit', 'ports', 'privileged', 'profiles', 'pull_policy', 'read_only', 'restart', 'scale'] as const),
  ...(['secrets', 'stop_grace_period', 'stop_signal', 'tmpfs', 'tty', 'user', 'volumes', 'working_dir', 'x-longshore'] as const),
] as const

export type ServiceFields = { readonly [K in (typeof KEYS)[number]]?: Cursor }

/** A service's keys, each of them known. @throws CodedError LS-COMPOSE-KEY */
export const serviceFields = (context: Context, cursor: Cursor): ServiceFields => {
  if (cursor.isNull) cursor.fail(`the service "${cursor.name}" is empty`)
  return cursor.fields(KEYS, extension => noteExtension(context, extension))
}

/** A service translated. `spec.dependsOn` may still name services that are not deployed, `spec.process` lacks its peers. */
export type ReadService = {
  /** Where the restart policy is named, if it is. */
  readonly restart?: Cursor
  /** `x-longshore.connects`, where it says any. */
  readonly connects?: Cursor
  readonly spec: ServiceSpec
  readonly replicas?: number
  readonly build?: Build
}

type Ours = {
  readonly process?: Cursor
  readonly volumes?: Cursor
  readonly deploy?: Cursor
  readonly scale?: Cursor
  readonly probes?: Cursor
  readonly exec?: Cursor
  readonly connects?: Cursor
}

function countOrPercent(cursor: Cursor): number | string {
  const text = cursor.text()
  if (!text.endsWith('%')) return integer(cursor, { min: 0 })
  return /^\d{1,3}%$/.test(text) ? text : cursor.fail(`"${text}" is not a percentage`)
}

function readUpdate(deploy: Deploy, ours: Cursor | undefined): UpdateConfig {
  const fields = ours?.fields(['maxSurge', 'maxUnavailable']) ?? {}
  return {
    ...deploy.update,
    ...(fields.maxSurge && { maxSurge: countOrPercent(fields.maxSurge) }),
    ...(fields.maxUnavailable && { maxUnavailable: countOrPercent(fields.maxUnavailable) }),
  }
}

function restartPolicy(context: Context, service: string, fields: ServiceFields, deploy: Deploy): RestartPolicy {
  const short = fields.restart && readRestart(fields.restart)
  if (short && deploy.restartPolicy) {
    context.note({ service, place: fields.restart!.place, text: '"restart" has no effect beside deploy.restart_policy' })
  }
  return deploy.restartPolicy ?? short ?? { condition: 'any' }
}

function notePullPolicy(context: Context, service: string, fields: ServiceFields): void {
  if (!fields.pull_policy) return
  const policy = oneOf(fields.pull_policy, ['always', 'missing', 'if_not_present', 'never', 'build'])
  if (policy === 'build' && !fields.build) fields.pull_policy.fail('there is nothing to build')
  if (policy === 'missing' || policy === 'if_not_present' || policy === 'build') return
  const text = `pull_policy: ${policy} has no effect; an image is resolved once, before the deployment, and pulled where it is missing`
  context.note({ service, place: fields.pull_policy.place, text })
}

function stopSignal(cursor: Cursor): string {
  const text = cursor.text()
  return /^((SIG)?[A-Z][A-Z0-9+-]*|\d{1,2})$/i.test(text) ? text : cursor.fail(`"${text}" is not a signal`)
}

const listOf = (cursor: Cursor): string[] => cursor.items().map(item => item.text())

/** The fields that are one value each. */
function simpleFields(fields: ServiceFields): Partial<ServiceSpec> {
  return {
    ...(fields.user && { user: fields.user.text() }),
    ...(fields.working_dir && { workingDir: fields.working_dir.text() }),
    ...(fields.hostname && { hostname: fields.hostname.text() }),
    ...(fields.stop_signal && { stopSignal: stopSignal(fields.stop_signal) }),
    ...(fields.stop_grace_period && { stopGracePeriod: duration(fields.stop_grace_period) }),
    ...(fields.init && { init: boolean(fields.init) }),
    ...(fields.tty && { tty: boolean(fields.tty) }),
    ...(fields.read_only && { readOnly: boolean(fields.read_only) }),
    ...(fields.privileged && { privileged: boolean(fields.privileged) }),
    ...(fields.cap_add && { capAdd: listOf(fields.cap_add) }),
    ...(fields.cap_drop && { capDrop: listOf(fields.cap_drop) }),
  }
}

/** The fields whose text may refer to secrets. */
function textFields(context: Context, service: string, fields: ServiceFields, deploy: Deploy): Partial<ServiceSpec> {
  const labels = fields.labels ? readLabels(context, service, fields.labels) : []
  return {
    ...(fields.entrypoint && { entrypoint: readCommand(context, service, fields.entrypoint) }),
    ...(fields.command && { command: readCommand(context, service, fields.command) }),
    environment: readServiceEnvironment(context, service, fields),
    labels: Object.fromEntries([...deploy.labels, ...labels]),
    ...(fields.healthcheck && { healthcheck: readHealthcheck(context, service, fields.healthcheck) }),
  }
}

function imageOf(context: Context, service: string, cursor: Cursor, fields: ServiceFields, ours: Ours): string | undefined {
  if (fields.image) return fields.image.text() || fields.image.fail('"image" is empty')
  if (fields.build) return `${context.stack}-${service}`.toLowerCase()
  return ours.process ? undefined : cursor.fail(`the service "${service}" has neither an image nor a build, nor x-longshore.process`)
}

export function readService(context: Context, service: string, cursor: Cursor, fields: ServiceFields): ReadService {
  const ours: Ours = fields['x-longshore']?.fields(['process', 'volumes', 'deploy', 'scale', 'probes', 'exec', 'connects']) ?? {}
  const deploy: Deploy = fields.deploy ? readDeploy(context, service, fields.deploy) : { update: {}, rollback: {}, labels: [] }
  const image = imageOf(context, service, cursor, fields, ours)
  notePullPolicy(context, service, fields)
  const ports = { ports: fields.ports ? readPorts(fields.ports) : [], expose: fields.expose ? readExpose(fields.expose) : [] }
  const spec: ServiceSpec = {
    ...emptySpec,
    ...ports,
    ...(image && { image }),
    ...simpleFields(fields),
    ...textFields(context, service, fields, deploy),
    update: readUpdate(deploy, ours.deploy),
    rollback: deploy.rollback,
    restart: restartPolicy(context, service, fields, deploy),
    resources: readResources(context, service, fields, deploy.resources),
    volumes: readMounts(context, { ...fields, ...(ours.volumes && { shared: ours.volumes }) }),
    networks: readServiceNetworks(context, fields.networks),
    files: readMountedFiles(context, fields),
    dependsOn: fields.depends_on ? readDependsOn(fields.depends_on) : {},
    ...(ours.probes && { probes: readProbes(context, service, ours.probes, ports) }),
    ...(ours.exec && { exec: boolean(ours.exec) }),
    ...(ours.process && { process: readProcess(context, service, ours.process) }),
  }
  const scale = ours.scale && readScale(context, service, ours.scale, spec)
  const replicas = readReplicas(fields.scale, deploy.replicas)
  if (scale && replicas !== undefined) noteFirst(context, service, (fields.scale ?? deploy.replicas)!)
  const build = fields.build && readBuild(context, service, image!, fields.build)
  const restart = fields.deploy?.entries().find(([key]) => key === 'restart_policy')?.[1] ?? fields.restart
  return {
    spec: { ...spec, ...(scale && { scale }) },
    ...(restart && { restart }),
    ...(ours.connects && { connects: ours.connects }),
    ...(replicas !== undefined && { replicas }),
    ...(build && { build }),
  }
}
