import {
  DescribeTaskDefinitionCommand,
  type ECSClient,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs'
import { saidBy } from './failure-rules.ts'
import { type Registration, specHash } from './task-definition.ts'
import { TAG } from './task-facts.ts'

export const SPEC_TAG = 'longshore.spec'

/** So many of a family's newest revisions are looked through: a rollback goes back to one of the last. */
const LOOKED_AT = 10

/**
 * Task definitions by the hash of what is registered: looked up before they are made (E1). Two that register at once make two equal
 * revisions, which does no harm. All methods throw the client's own errors.
 */
export class TaskDefinitions {
  private readonly known = new Map<string, string>()
  private readonly asked = new Map<string, Promise<string | undefined>>()
  private readonly ecs: ECSClient
  private readonly installation: string
  constructor(ecs: ECSClient, installation: string) {
    this.ecs = ecs
    this.installation = installation
  }

  /** The ARN of an active revision with this registration. */
  async find(registration: Registration): Promise<string | undefined> {
    const hash = specHash(registration)
    return this.known.get(hash) ?? this.once(`find ${hash}`, hash, () => this.lookUp(registration, hash))
  }

  async findOrRegister(registration: Registration): Promise<string> {
    const hash = specHash(registration)
    const found = await this.find(registration)
    return found ?? (await this.once(`register ${hash}`, hash, () => this.register(registration, hash)))!
  }

  /** Somebody deregistered it: it is looked up anew. */
  forget(registration: Registration): void {
    this.known.delete(specHash(registration))
  }

  /** Starts side by side of one spec ask once; neither a failure nor an absence is remembered. */
  private once(question: string, hash: string, ask: () => Promise<string | undefined>): Promise<string | undefined> {
    const there = this.asked.get(question)
    if (there) return there
    const asked = ask()
      .then(arn => {
        if (arn) this.known.set(hash, arn)
        return arn
      })
      .finally(() => this.asked.delete(question))
    this.asked.set(question, asked)
    return asked
  }

  private async lookUp(registration: Registration, hash: string): Promise<string | undefined> {
    const newest = await this.describe(registration.family!, hash)
    if (newest === 'absent') return undefined
    if (newest !== 'other') return newest
    const list = { familyPrefix: registration.family, status: 'ACTIVE', sort: 'DESC', maxResults: LOOKED_AT } as const
    const { taskDefinitionArns = [] } = await this.ecs.send(new ListTaskDefinitionsCommand(list))
    for (const arn of taskDefinitionArns.slice(1)) {
      const found = await this.describe(arn, hash)
      if (found !== 'absent' && found !== 'other') return found
    }
    return undefined
  }

  /** Its ARN when it has this hash. */
  private async describe(taskDefinition: string, hash: string): Promise<'absent' | 'other' | (string & {})> {
    try {
      const answer = await this.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition, include: ['TAGS'] }))
      const isIt = answer.tags?.some(tag => tag.key === SPEC_TAG && tag.value === hash)
      return isIt && answer.taskDefinition?.status !== 'INACTIVE' ? answer.taskDefinition!.taskDefinitionArn! : 'other'
    } catch (error) {
      const { name, message } = saidBy(error)
      if (name === 'ClientException' && /unable to describe task definition/i.test(message)) return 'absent'
      throw error
    }
  }

  private async register(registration: Registration, hash: string): Promise<string> {
    const tags = [
      { key: SPEC_TAG, value: hash },
      { key: TAG.installation, value: this.installation },
    ]
    const { taskDefinition } = await this.ecs.send(new RegisterTaskDefinitionCommand({ ...registration, tags }))
    return taskDefinition!.taskDefinitionArn!
  }
}
