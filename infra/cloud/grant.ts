import type { ArnFormat } from 'aws-cdk-lib'

/** One allowance of a function's role. Actions are those of the SDK commands that its bundle holds, no more. */
export type Grant = {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
  /** Why `*` stands in a resource: AWS knows nothing narrower, or what is meant is made while Longshore runs. */
  readonly wide?: string
}

/** ARNs of what the template makes, and the patterns under which Longshore makes more at run time. */
export type Places = {
  readonly installation: string
  /** An ARN of this account and Region; `resource` and what follows it are parted by a slash, or a colon where `colon` says so. */
  readonly arn: (parts: {
    service: string
    resource: string
    resourceName?: string
    region?: string
    account?: string
    arnFormat?: ArnFormat
  }) => string
  readonly log: string
  readonly logStream: string
  readonly rows: string
  readonly bus: string
  readonly token: string
  readonly cluster: string
  readonly clusterName: string
  readonly vpc: string
  readonly taskLogs: string
  /** The queue of what the relay gave up. */
  readonly unrelayed: string
  readonly rolePath: string
  /** By function name. */
  readonly queues: Readonly<Record<string, string>>
}

/** `only`: members of the port that the function has; absent: all. */
export type GrantsOf = (at: Places, only?: readonly string[]) => readonly Grant[]
