import {
  ConflictException,
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ECSServiceException,
  ExecuteCommandCommand,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  type RunTaskCommandInput,
  StopTaskCommand,
  type Tag,
  type Task,
  type TaskDefinition,
} from '@aws-sdk/client-ecs'
import { canonicalJson } from '../../shared/domain/hash.ts'

/** An exception of ECS by name, with the status that AWS sends. */
export const ecsError = (name: string, message = name, status = 400) =>
  new ECSServiceException({ name, message, $fault: status >= 500 ? 'server' : 'client', $metadata: { httpStatusCode: status } })

/** Nobody answered: the SDK's own error has no status. */
export const noAnswer = (name = 'TimeoutError') => Object.assign(new Error('the socket timed out'), { name, $metadata: { attempts: 3 } })

/** `after`: the call takes effect all the same. */
export type Fault = { readonly command: string; readonly error: Error; readonly after?: true }

type Known = { task: Task; readonly input: RunTaskCommandInput; readonly visibleAt: number; starts: number }
type Definition = { readonly definition: TaskDefinition; readonly tags: readonly Tag[] }

/**
 * ECS as documented: a client token is kept and answers the first result, changed parameters conflict; versions rise with each change but not
 * with health; reads lag; StopTask takes tags away; failures come with HTTP 200. What AWS checks of a request is checked here.
 */
export class FakeEcs {
  now = 1_700_000_000_000
  /** How long reads miss what was made, milliseconds. */
  lag = 0
  /** Capacity providers and launch types without room. */
  readonly short = new Set<string>()
  /** Told instead of a start: a failure with HTTP 200. */
  failure: { readonly reason: string; readonly detail?: string } | undefined
  readonly faults: Fault[] = []
  readonly calls: string[] = []
  readonly runs: RunTaskCommandInput[] = []
  readonly known = new Map<string, Known>()
  readonly definitions: Definition[] = []
  readonly deleted: string[] = []
  readonly executed: { readonly container: string; readonly command: string }[] = []
  onStart: (task: Task, input: RunTaskCommandInput) => void = () => {}
  onStop: (task: Task) => void = () => {}
  pageSize = 100

  get client(): ECSClient {
    return { send: (command: object) => this.send(command) } as unknown as ECSClient
  }

  private async send(command: object): Promise<unknown> {
    const name = command.constructor.name.replace(/Command$/, '')
    this.calls.push(name)
    const index = this.faults.findIndex(fault => fault.command === name)
    const [fault] = index < 0 ? [] : this.faults.splice(index, 1)
    if (fault && !fault.after) throw fault.error
    const answer = this.answer(command)
    if (fault) throw fault.error
    return structuredClone(answer)
  }

  private answer(command: object): unknown {
    if (command instanceof RunTaskCommand) return this.run(command.input)
    if (command instanceof StopTaskCommand) return this.stop(command.input.task!, command.input.reason)
    if (command instanceof DescribeTasksCommand) return this.describe(command.input.tasks ?? [])
    if (command instanceof ExecuteCommandCommand) return this.execute(command.input)
    if (command instanceof ListTasksCommand) return this.list(command.input)
    if (command instanceof RegisterTaskDefinitionCommand) return this.register(command.input)
    if (command instanceof DescribeTaskDefinitionCommand) return this.describeDefinition(command.input.taskDefinition!)
    if (command instanceof ListTaskDefinitionsCommand) return { taskDefinitionArns: this.revisions(command.input.familyPrefix!) }
    if (command instanceof ListTaskDefinitionFamiliesCommand) {
      const families = new Set(this.definitions.map(({ definition }) => definition.family!))
      return { families: [...families].filter(family => family.startsWith(command.input.familyPrefix ?? '')) }
    }
    if (command instanceof DeregisterTaskDefinitionCommand) return this.deregister(command.input.taskDefinition!)
    if (command instanceof DeleteTaskDefinitionsCommand) return this.delete(command.input.taskDefinitions ?? [])
    throw new Error(`the fake knows no ${command.constructor.name}`)
  }

  // ---- tasks

  private run(input: RunTaskCommandInput) {
    this.runs.push(input)
    const invalid = (message: string) => ecsError('InvalidParameterException', message)
    const token = input.clientToken
    if (!token || token.length > 64) throw invalid('clientToken')
    if (!/^[A-Za-z0-9\-/_]{1,128}$/.test(input.startedBy ?? '')) throw invalid('startedBy')
    if ((input.count ?? 1) > 10) throw invalid('count')
    if ((input.group ?? '').length > 255) throw invalid('group')
    if (input.capacityProviderStrategy && input.launchType) throw invalid('specify either a launch type or a capacity provider strategy')
    if (!input.networkConfiguration?.awsvpcConfiguration?.subnets?.length) throw invalid('Network Configuration must be provided')
    if ((input.networkConfiguration.awsvpcConfiguration.securityGroups ?? []).length > 5) throw invalid('security groups')
    if (JSON.stringify(input.overrides ?? {}).length > 8_192) throw invalid('overrides')
    const first = this.known.get(token)
    if (first) {
      if (canonicalJson(first.input) === canonicalJson(input)) return { tasks: [first.task], failures: [] }
      throw new ConflictException({
        message: 'the token was used with other parameters',
        resourceIds: [first.task.taskArn!],
        $metadata: { httpStatusCode: 400 },
      })
    }
    const definition = this.definitions.find(one => one.definition.taskDefinitionArn === input.taskDefinition)
    if (!definition) throw ecsError('ClientException', 'TaskDefinition not found.')
    if (definition.definition.status === 'INACTIVE') throw ecsError('ClientException', 'TaskDefinition is inactive')
    const place = input.launchType ?? input.capacityProviderStrategy?.[0]?.capacityProvider ?? ''
    if (this.failure) return { tasks: [], failures: [this.failure] }
    if (this.short.has(place))
      return {
        tasks: [],
        failures: [{ reason: 'Capacity is unavailable at this time. Please try again later or in a different availability zone' }],
      }
    return { tasks: [this.make(input, token)], failures: [] }
  }

  private make(input: RunTaskCommandInput, token: string): Task {
    const number = this.known.size + 1
    const task: Task = {
      taskArn: `arn:aws:ecs:eu-west-1:1:task/${input.cluster}/${String(number).padStart(32, '0')}`,
      taskDefinitionArn: input.taskDefinition,
      group: input.group,
      startedBy: input.startedBy,
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      version: 1,
      createdAt: new Date(this.now),
      containers: [{ name: input.overrides?.containerOverrides?.[0]?.name, lastStatus: 'PENDING' }],
      attachments: [
        {
          type: 'ElasticNetworkInterface',
          status: 'PRECREATED',
          details: [{ name: 'subnetId', value: input.networkConfiguration!.awsvpcConfiguration!.subnets![0] }],
        },
      ],
      healthStatus: 'UNKNOWN',
      tags: input.tags,
    }
    this.known.set(token, { task, input, visibleAt: this.now + this.lag, starts: 1 })
    this.onStart(task, input)
    return task
  }

  /** Changes a task; all but its health counts as a version. */
  change(id: string, more: Partial<Task>): Task {
    const known = this.known.get(id)!
    const isHealth = Object.keys(more).every(key => key === 'healthStatus')
    known.task = { ...known.task, ...more, version: known.task.version! + (isHealth ? 0 : 1) }
    return known.task
  }
  /** Its network interface is there and its container runs. */
  live(id: string): Task {
    const host = `10.0.0.${[...this.known.keys()].indexOf(id) + 10}`
    const [container] = this.known.get(id)!.task.containers ?? []
    return this.change(id, {
      lastStatus: 'RUNNING',
      containers: [{ ...container, lastStatus: 'RUNNING', runtimeId: `${id}-runtime` }],
      attachments: [{ type: 'ElasticNetworkInterface', status: 'ATTACHED', details: [{ name: 'privateIPv4Address', value: host }] }],
    })
  }
  end(id: string, more: Partial<Task>, exitCode?: number): Task {
    const { containers = [] } = this.known.get(id)!.task
    const [container] = containers
    return this.change(id, {
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stoppedAt: new Date(this.now),
      containers: [{ ...container, lastStatus: 'STOPPED', exitCode, ...more.containers?.[0] }],
      ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'containers')),
    })
  }

  private stop(arn: string, reason: string | undefined) {
    const found = [...this.known.entries()].find(([, { task }]) => task.taskArn === arn)
    if (!found) throw ecsError('InvalidParameterException', 'The referenced task was not found.')
    const [id, { task }] = found
    if (task.desiredStatus === 'STOPPED') return { task }
    const stopped = this.change(id, { desiredStatus: 'STOPPED', stopCode: 'UserInitiated', stoppedReason: reason, tags: [] })
    this.onStop(stopped)
    return { task: stopped }
  }

  private execute({ task: arn, container, command, interactive }: ExecuteCommandCommand['input']) {
    const known = [...this.known.values()].find(({ task }) => task.taskArn === arn)
    if (!known || known.task.lastStatus === 'STOPPED') throw ecsError('InvalidParameterException', 'The referenced task was not found.')
    if (!interactive) throw ecsError('InvalidParameterException', 'Interactive is the only mode supported currently.')
    if (!known.input.enableExecuteCommand)
      throw ecsError(
        'InvalidParameterException',
        'The execute command failed because execute command was not enabled when the task was run',
      )
    this.executed.push({ container: container!, command: command! })
    return { session: { sessionId: 'ecs-execute-command-1', streamUrl: 'wss://ssmmessages.example/1', tokenValue: 'a-token' } }
  }

  private visible(): readonly Task[] {
    return [...this.known.values()].filter(({ visibleAt }) => this.now >= visibleAt).map(({ task }) => task)
  }
  private describe(arns: readonly string[]) {
    if (arns.length > 100) throw ecsError('InvalidParameterException', 'at most 100 tasks')
    const tasks = this.visible().filter(task => arns.includes(task.taskArn!))
    const missing = arns.filter(arn => !tasks.some(task => task.taskArn === arn))
    return { tasks, failures: missing.map(arn => ({ arn, reason: 'MISSING' })) }
  }
  private list({ startedBy, family, desiredStatus = 'RUNNING', nextToken }: ListTasksCommand['input']) {
    if (startedBy && family) throw ecsError('InvalidParameterException', 'startedBy must be the only filter')
    const familyOf = (task: Task) =>
      this.definitions.find(one => one.definition.taskDefinitionArn === task.taskDefinitionArn)?.definition.family
    const all = this.visible()
      .filter(task => task.desiredStatus === desiredStatus)
      .filter(task => (startedBy ? task.startedBy === startedBy : family ? familyOf(task) === family : true))
      .map(task => task.taskArn!)
    const from = Number(nextToken ?? 0)
    const to = from + this.pageSize
    return { taskArns: all.slice(from, to), nextToken: to < all.length ? String(to) : undefined }
  }

  // ---- task definitions

  private register(input: RegisterTaskDefinitionCommandInput) {
    if (Buffer.byteLength(JSON.stringify(input)) > 65_536 + 1_000) throw ecsError('ClientException', 'the definition is too large')
    if (!/^[a-zA-Z0-9_-]{1,255}$/.test(input.family!)) throw ecsError('ClientException', 'Family contains invalid characters.')
    const revision = this.definitions.filter(one => one.definition.family === input.family).length + 1
    const { tags = [], ...rest } = input
    const definition = {
      ...rest,
      revision,
      status: 'ACTIVE',
      taskDefinitionArn: `arn:aws:ecs:eu-west-1:1:task-definition/${input.family}:${revision}`,
    } as TaskDefinition
    this.definitions.push({ definition, tags })
    return { taskDefinition: definition, tags }
  }
  private revisions(family: string): readonly string[] {
    return this.definitions
      .filter(({ definition }) => definition.family === family && definition.status === 'ACTIVE')
      .map(({ definition }) => definition.taskDefinitionArn!)
      .reverse()
  }
  private describeDefinition(name: string) {
    const arn = name.startsWith('arn:') ? name : this.revisions(name)[0]
    const found = this.definitions.find(one => one.definition.taskDefinitionArn === arn)
    if (!found) throw ecsError('ClientException', 'Unable to describe task definition.')
    return { taskDefinition: found.definition, tags: found.tags }
  }
  private deregister(arn: string) {
    const found = this.definitions.find(one => one.definition.taskDefinitionArn === arn)!
    ;(found.definition as { status: string }).status = 'INACTIVE'
    return { taskDefinition: found.definition }
  }
  private delete(arns: readonly string[]) {
    if (arns.length > 10) throw ecsError('InvalidParameterException', 'at most 10')
    this.deleted.push(...arns)
    for (const arn of arns)
      this.definitions.splice(
        this.definitions.findIndex(one => one.definition.taskDefinitionArn === arn),
        1,
      )
    return { taskDefinitions: [], failures: [] }
  }
}
