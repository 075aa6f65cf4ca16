import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { describeEvent } from '../../shared/application/describe-event.ts'
import type { Commit } from '../../shared/domain/commit.ts'
import { emptyService, type ServiceEvent } from '../../shared/domain/service.ts'
import { evolveService } from '../../shared/domain/service-fold.ts'
import { emptyStack, evolveStack, type StackEvent } from '../../shared/domain/stack.ts'

/**
 * L9: commits as releases wrote them. A release adds a file for each new event type or shape; files are never changed, since logs that
 * hold such commits are out there.
 */
type Golden = { readonly commits: readonly Commit[]; readonly then: Record<string, unknown> }
const FOLDER = new URL('../golden/', import.meta.url)
const files = readdirSync(FOLDER).filter(name => name.endsWith('.json'))
const read = (name: string) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Golden
const isStack = ({ commits }: Golden) => commits[0]!.stream.startsWith('stack/')

/** What the production code writes today; the compiler holds both lists to the unions. */
const SERVICE_TYPES: Record<ServiceEvent['type'], true> = {
  WishTaken: true,
  ScaleSet: true,
  ScaleAdvised: true,
  TaskProtected: true,
  StartsIntended: true,
  TaskSeen: true,
  TaskAvailable: true,
  DrainStarted: true,
  DrainOver: true,
  StopsIntended: true,
  DeploymentEnded: true,
  ClockStepped: true,
  ExecAsked: true,
  CommandRefused: true,
}
const STACK_TYPES: Record<StackEvent['type'], true> = {
  WishesChanged: true,
  NothingChanged: true,
  PauseChanged: true,
  ServiceSettled: true,
  CommandRefused: true,
}

describe('events of every release', () => {
  it.each(files)('L9: %s still folds to what it meant', name => {
    const golden = read(name)
    const state = isStack(golden)
      ? (golden.commits as Commit<StackEvent>[]).reduce(evolveStack, emptyStack)
      : (golden.commits as Commit<ServiceEvent>[]).reduce(evolveService, emptyService)
    expect(JSON.parse(JSON.stringify(state))).toMatchObject(golden.then)
  })

  it.each(files)('every event of %s has a sentence', name => {
    for (const commit of read(name).commits) {
      for (const event of commit.events) {
        const text = describeEvent(event as ServiceEvent, commit, id => `<${id}>`)
        expect(text).toMatch(/\w/)
        expect(text).not.toMatch(/undefined|\[object/)
      }
    }
  })

  it('L9: every event type of today has a fixture', () => {
    const typesIn = (stacks: boolean) =>
      new Set(
        files
          .map(read)
          .filter(golden => isStack(golden) === stacks)
          .flatMap(golden => golden.commits.flatMap(commit => commit.events as { type: string }[]))
          .map(event => event.type),
      )
    expect(Object.keys(SERVICE_TYPES).filter(type => !typesIn(false).has(type))).toEqual([])
    expect(Object.keys(STACK_TYPES).filter(type => !typesIn(true).has(type))).toEqual([])
  })

  it('L9: the fixtures only grow', () => {
    expect(files).toEqual(
      expect.arrayContaining(['0.1-service-events.json', '0.1-stack-events.json', '0.1-service-refusals.json', '0.1-service-probes.json']),
    )
    expect(files.length).toBeGreaterThanOrEqual(3)
  })
})
