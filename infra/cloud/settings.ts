import type { Node } from 'constructs'

/** What a person can say of an installation, as `-c longshore:<name>=<value>` or under `context` in cdk.json. */
export type Settings = {
  /** Stands in every name that Longshore makes: task families, secrets, repositories. Two installations of one account and Region differ in it. */
  readonly installation: string
  /** Raised when the log is restored from a backup (E7). */
  readonly epoch: number
  /** An existing VPC with its subnets; absent: a new one. */
  readonly network?: { readonly vpc: string; readonly subnets: readonly string[]; readonly publicAddress: boolean }
  /** The new VPC's range. Literal, so that others can peer with it. */
  readonly cidr: string
  /** NAT gateways of the new VPC, about $33 a month each; 0: tasks have public addresses and no way in. */
  readonly nat: number
  /** The CloudWatch dashboard: free for the first three of an account, then $3 a month. */
  readonly dashboard: boolean
  /** ECS's own metrics of every task: CloudWatch takes money for each. */
  readonly containerInsights: boolean
  /** ARN of an SNS topic that is told of alarms. */
  readonly alarmTopic?: string
  /** Host of the image registry, when it is not the account's own ECR. */
  readonly registry?: string
  /**
   * What writes configs and secrets as files, by digest: BusyBox from the public gallery of ECR, or a copy of it where tasks reach nothing but the
   * account's own registry.
   */
  readonly filesImage: string
  /** How long logs are kept, in days, as CloudWatch allows. */
  readonly logDays: number
}

/** BusyBox 1.37.0, all platforms. */
const FILES_IMAGE = 'public.ecr.aws/docker/library/busybox@sha256:9532d8c39891ca2ecde4d30d7710e01fb739c87a8b9299685c63704296b16028'

const DEFAULTS = { installation: 'longshore', epoch: 1, cidr: '10.61.0.0/16', nat: 0, logDays: 30 }

/** @throws Error on a value that cannot be meant; CDK shows it before anything is deployed. */
export function readSettings(node: Node): Settings {
  const text = (name: string): string | undefined => {
    const value: unknown = node.tryGetContext(`longshore:${name}`)
    return value === undefined || value === '' ? undefined : String(value)
  }
  const whole = (name: string, otherwise: number, most: number) => {
    const value = Number(text(name) ?? otherwise)
    if (!Number.isInteger(value) || value < 0 || value > most) throw refused(name, `is a whole number up to ${most}`)
    return value
  }
  const flag = (name: string) => {
    const value = text(name) ?? 'false'
    if (value !== 'true' && value !== 'false') throw refused(name, 'is true or false')
    return value === 'true'
  }
  const installation = text('installation') ?? DEFAULTS.installation
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(installation))
    throw refused('installation', 'has at most 20 lower-case letters, digits and dashes, and begins with a letter')
  const filesImage = text('filesImage') ?? FILES_IMAGE
  if (!/@sha256:[0-9a-f]{64}$/.test(filesImage)) throw refused('filesImage', 'names an image by its digest: <repository>@sha256:…')
  return {
    installation,
    epoch: whole('epoch', DEFAULTS.epoch, 1_000_000),
    network: networkOf(text, flag),
    cidr: text('cidr') ?? DEFAULTS.cidr,
    nat: whole('nat', DEFAULTS.nat, 2),
    dashboard: flag('dashboard'),
    containerInsights: flag('containerInsights'),
    alarmTopic: text('alarmTopic'),
    registry: text('registry'),
    filesImage,
    logDays: whole('logDays', DEFAULTS.logDays, 3_653),
  }
}

function networkOf(text: (name: string) => string | undefined, flag: (name: string) => boolean): Settings['network'] {
  const vpc = text('vpc')
  const subnets = text('subnets')?.split(',').filter(Boolean)
  if (!vpc && !subnets) return undefined
  if (!vpc || !subnets?.length) throw refused('vpc', 'and longshore:subnets are given together')
  return { vpc, subnets, publicAddress: flag('publicAddress') }
}

const refused = (name: string, rule: string) => new Error(`longshore:${name} ${rule}`)
