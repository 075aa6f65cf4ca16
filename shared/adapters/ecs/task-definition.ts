import type {
  ContainerDefinition,
  HealthCheck as EcsHealthCheck,
  LinuxParameters,
  RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs'
import { CONTAINER_LIMITS, containerCheck, seconds, within } from '../../domain/checks-on-aws.ts'
import { hashOf } from '../../domain/hash.ts'
import { peerDomain } from '../../domain/peer-names.ts'
import type { HealthCheck, ServiceSpec } from '../../domain/spec.ts'
import { taskFamily } from '../../domain/task-family.ts'
import { containerName, filesContainer } from './container-names.ts'
import { type EcsOptions, isFargate, type ServiceOf } from './ecs-options.ts'
import { cpuUnits, fargateSize, mebibytes } from './fargate-size.ts'
import { placesOf, SECRETS_FOLDER, SECRETS_VOLUME, volumesOf } from './files-place.ts'
import type { TaskEnvironment } from './task-environment.ts'
import { filesDefinition } from './task-files.ts'

export type Registration = Omit<RegisterTaskDefinitionCommandInput, 'tags'>

export type Settings = Pick<
  EcsOptions,
  'installation' | 'capacity' | 'architecture' | 'executionRole' | 'execRole' | 'filesImage' | 'logGroup' | 'region'
>

/** What its containers find in their environments. */
export type Environments = { readonly own: TaskEnvironment; readonly files: TaskEnvironment }

/** AWS's limit for a whole task definition. */
export const MOST_BYTES = 65_536

export const logPrefix = ({ stack, service }: ServiceOf): string => `${stack}/${service}`

/** Pure. Equal specs of one service give equal registrations, whatever the revision's number (E1). */
export function registrationOf(settings: Settings, of: ServiceOf, spec: ServiceSpec, environments: Environments): Registration {
  const onFargate = isFargate(settings.capacity)
  const size = fargateSize(spec.resources)
  return {
    family: taskFamily(settings.installation, of.stack, of.service),
    networkMode: 'awsvpc',
    requiresCompatibilities: [onFargate ? 'FARGATE' : 'EC2'],
    ...(onFargate && size ? { cpu: String(size.cpu), memory: String(size.memory) } : {}),
    runtimePlatform: { cpuArchitecture: settings.architecture ?? 'X86_64', operatingSystemFamily: 'LINUX' },
    executionRoleArn: settings.executionRole,
    ...(spec.exec ? { taskRoleArn: settings.execRole } : {}),
    containerDefinitions: [containerOf(settings, of, spec, environments.own), ...filesOf(settings, of, spec, environments.files)],
    volumes: [...volumesOf(spec).map(({ name }) => ({ name })), ...(hasSecretsFolder(spec) ? [{ name: SECRETS_VOLUME }] : [])],
  }
}

/** By this tag a registration is found again, since registering has no idempotency token. */
export const specHash = (registration: Registration): string => hashOf(registration).slice(0, 32)

export const sizeOf = (registration: Registration): number => Buffer.byteLength(JSON.stringify(registration))

function containerOf(settings: Settings, of: ServiceOf, spec: ServiceSpec, { plain, secret }: TaskEnvironment): ContainerDefinition {
  const { resources } = spec
  const check = containerCheck(spec)
  const identity = { LONGSHORE_SERVICE: of.service, LONGSHORE_STACK: of.stack }
  const search = spec.networks.length > 0 ? { LOCALDOMAIN: peerDomain(settings.installation, of.stack) } : {} // Fargate takes no dnsSearchDomains
  return {
    name: containerName(of.service),
    image: imageOf(spec),
    essential: true,
    entryPoint: spec.entrypoint,
    command: spec.command,
    environment: Object.entries({ ...search, ...plain, ...identity }).map(([name, value]) => ({ name, value })),
    secrets: Object.entries(secret).map(([name, valueFrom]) => ({ name, valueFrom })),
    portMappings: portsOf(spec),
    ...(resources.cpus === undefined ? {} : { cpu: cpuUnits(resources.cpus) }),
    ...(resources.memory === undefined && !isFargate(settings.capacity) && resources.memoryReservation === undefined
      ? { memory: 512 }
      : {}),
    ...(resources.memory === undefined ? {} : { memory: mebibytes(resources.memory) }),
    ...(resources.memoryReservation === undefined ? {} : { memoryReservation: mebibytes(resources.memoryReservation) }),
    ...(check && { healthCheck: healthCheckOf(check) }),
    stopTimeout: within(seconds(spec.stopGracePeriod), [2, 120]),
    user: spec.user,
    workingDirectory: spec.workingDir,
    readonlyRootFilesystem: spec.readOnly,
    privileged: spec.privileged,
    pseudoTerminal: spec.tty,
    linuxParameters: linuxOf(spec),
    mountPoints: [
      ...volumesOf(spec).map(({ name, mount }) => ({ sourceVolume: name, containerPath: mount.target, readOnly: mount.readOnly })),
      ...(hasSecretsFolder(spec) ? [{ sourceVolume: SECRETS_VOLUME, containerPath: SECRETS_FOLDER, readOnly: true }] : []),
    ],
    ...(spec.files.length > 0 && { dependsOn: [{ containerName: filesContainer(of.service), condition: 'SUCCESS' as const }] }),
    dockerLabels: { ...spec.labels },
    logConfiguration: logOf(settings, of),
  }
}

function filesOf(settings: Settings, of: ServiceOf, spec: ServiceSpec, environment: TaskEnvironment): readonly ContainerDefinition[] {
  if (spec.files.length === 0) return []
  const size = isFargate(settings.capacity) ? {} : { memory: 64 } // MiB; on Fargate the task has all of it
  return [
    {
      name: filesContainer(of.service),
      ...size,
      ...filesDefinition(settings.filesImage, spec, environment),
      logConfiguration: logOf(settings, of),
    },
  ]
}

const hasSecretsFolder = (spec: ServiceSpec) => placesOf(spec).some(({ volume }) => volume === SECRETS_VOLUME)

const logOf = (settings: Settings, of: ServiceOf): ContainerDefinition['logConfiguration'] => ({
  logDriver: 'awslogs',
  options: {
    'awslogs-group': settings.logGroup,
    'awslogs-region': settings.region,
    'awslogs-stream-prefix': logPrefix(of),
    mode: 'non-blocking', // an outage of CloudWatch must not stop what runs
    'max-buffer-size': '25m',
  },
})

/** The very image that was resolved before the commit: a bare digest is of the repository that the file names. */
export function imageOf({ image = '', digest }: ServiceSpec): string {
  if (digest === undefined || !digest.startsWith('sha256:')) return digest ?? image
  const repository = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
  return `${repository}@${digest}`
}

const portsOf = ({ ports, expose }: ServiceSpec): ContainerDefinition['portMappings'] =>
  [...new Set([...ports, ...expose].map(port => `${port.target}/${port.protocol}`))].map(text => {
    const [port, protocol] = text.split('/')
    return { containerPort: Number(port), hostPort: Number(port), protocol: protocol as 'tcp' | 'udp' }
  })

function healthCheckOf(check: HealthCheck): EcsHealthCheck {
  return {
    command: check.test,
    interval: within(seconds(check.interval), CONTAINER_LIMITS.interval),
    timeout: within(seconds(check.timeout), CONTAINER_LIMITS.timeout),
    retries: within(check.retries, CONTAINER_LIMITS.retries),
    startPeriod: within(seconds(check.startPeriod), CONTAINER_LIMITS.startPeriod),
  }
}

function linuxOf(spec: ServiceSpec): LinuxParameters {
  const tmpfs = spec.volumes.filter(mount => mount.type === 'tmpfs')
  return {
    // the agent of ECS Exec leaves processes behind that only an init reaps
    initProcessEnabled: spec.exec || spec.init,
    ...(spec.capAdd || spec.capDrop ? { capabilities: { add: spec.capAdd, drop: spec.capDrop } } : {}),
    ...(tmpfs.length
      ? {
          tmpfs: tmpfs.map(mount => ({
            containerPath: mount.target,
            size: mebibytes(mount.sizeBytes ?? 64 * 1_048_576),
            mountOptions: mount.readOnly ? ['ro'] : [],
          })),
        }
      : {}),
  }
}
