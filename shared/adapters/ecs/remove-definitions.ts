import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  type ECSClient,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
} from '@aws-sdk/client-ecs'
import { taskFamily } from '../../domain/task-family.ts'
import { sent } from './failure-rules.ts'
import { TAG } from './task-facts.ts'

/** What one call deletes. */
const AT_ONCE = 10

/**
 * Deregisters and deletes the task definitions of a stack, since families are kept for ever otherwise. Families begin alike for stacks
 * like `a` and `a-b`: the stack's name in the definition decides. Doing it again goes on where it was left. @throws OutcomeUnknown
 */
export async function removeDefinitions(ecs: ECSClient, installation: string, stack: string): Promise<void> {
  const begins = taskFamily(installation, stack, '').replace(/(-[0-9a-f]{8})?$/, '')
  for (const family of await familiesOf(ecs, begins)) {
    if (!(await isOf(ecs, family, installation, stack))) continue
    const arns = await revisionsOf(ecs, family)
    for (const taskDefinition of arns) await sent('deregister', ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition })))
    for (let from = 0; from < arns.length; from += AT_ONCE)
      await sent('delete', ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: arns.slice(from, from + AT_ONCE) })))
  }
}

async function familiesOf(ecs: ECSClient, familyPrefix: string): Promise<readonly string[]> {
  const found: string[] = []
  let nextToken: string | undefined
  do {
    const page = await sent('list families', ecs.send(new ListTaskDefinitionFamiliesCommand({ familyPrefix, status: 'ACTIVE', nextToken })))
    found.push(...(page.families ?? []))
    nextToken = page.nextToken
  } while (nextToken)
  return found
}

async function revisionsOf(ecs: ECSClient, familyPrefix: string): Promise<readonly string[]> {
  const found: string[] = []
  let nextToken: string | undefined
  do {
    const page = await sent('list definitions', ecs.send(new ListTaskDefinitionsCommand({ familyPrefix, status: 'ACTIVE', nextToken })))
    found.push(...(page.taskDefinitionArns ?? []))
    nextToken = page.nextToken
  } while (nextToken)
  return found
}

async function isOf(ecs: ECSClient, family: string, installation: string, stack: string): Promise<boolean> {
  const describe = new DescribeTaskDefinitionCommand({ taskDefinition: family, include: ['TAGS'] })
  const { taskDefinition, tags = [] } = await sent('describe definition', ecs.send(describe))
  const environment = taskDefinition?.containerDefinitions?.[0]?.environment ?? []
  const isOurs = tags.some(tag => tag.key === TAG.installation && tag.value === installation)
  return isOurs && environment.some(one => one.name === 'LONGSHORE_STACK' && one.value === stack)
}
