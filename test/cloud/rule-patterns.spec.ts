import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { COMMITTED, commitPattern, type Pattern, RETIREMENT } from '../../infra/cloud/rule-patterns.ts'
import { FUNCTION_TABLE, type Trigger } from '../../infra/function-table.ts'
import { matches } from '../../infra/local/event-plane.ts'
import { retirementEvent } from '../ecs/task-event.ts'
import { synthesize } from './synthesis.ts'

vi.setConfig({ testTimeout: 180_000 })

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html: every field must match one of its values; of an array field, any element. */
function eventBridgeMatches(pattern: Pattern, event: Readonly<Record<string, unknown>>): boolean {
  const fits = (value: unknown, wanted: string | { readonly prefix: string }) =>
    typeof wanted === 'string' ? value === wanted : typeof value === 'string' && value.startsWith(wanted.prefix)
  const field = (value: unknown, wanted: readonly (string | { readonly prefix: string })[]) =>
    (Array.isArray(value) ? value : [value]).some(one => wanted.some(each => fits(one, each)))
  const detail = event['detail'] as Readonly<Record<string, unknown>>
  return (
    field(event['source'], pattern.source) &&
    field(event['detail-type'], pattern['detail-type']) &&
    Object.entries(pattern.detail).every(([name, wanted]) => field(detail[name], wanted))
  )
}

const triggers = FUNCTION_TABLE.flatMap(row => row.triggers).filter(
  (one): one is Extract<Trigger, { kind: 'commits' }> => one.kind === 'commits',
)
const typesInRules = [...new Set(triggers.flatMap(trigger => trigger.types ?? []))]
const pointer = fc.record({
  stream: fc.oneof(
    fc.constantFrom(
      'stack/shop',
      'service/shop/web',
      'service/shop/a.b',
      'stack',
      'service',
      'job/shop/nightly',
      'stackish/x',
      'installation',
      '',
    ),
    fc.string(),
  ),
  version: fc.nat(),
  types: fc.array(fc.oneof(fc.constantFrom(...typesInRules, 'WishTaken', 'taskseen'), fc.string()), { minLength: 1, maxLength: 4 }),
})

describe('the rules of the bus', () => {
  it('match the pointers that the embedded host hands over, and no others', () => {
    fc.assert(
      fc.property(fc.constantFrom(...triggers), pointer, (trigger, detail) => {
        const event = { ...COMMITTED, detail }
        // A bare word is no stream of ours: the host's parser takes it for one, a prefix does not.
        fc.pre(detail.stream.includes('/'))
        expect(eventBridgeMatches(commitPattern(trigger), event)).toBe(matches(trigger, detail))
      }),
      { numRuns: 2_000, seed: 11 },
    )
  })

  it('stand in the template as they were checked, one for each trigger', async () => {
    const { ofType } = await synthesize()
    const made = ofType('AWS::Events::Rule')
      .map(([, rule]) => rule.Properties.EventPattern)
      .filter(pattern => pattern.source[0] === COMMITTED.source)
    expect(made).toHaveLength(triggers.length)
    expect(made.map(one => JSON.stringify(one, Object.keys(one).toSorted())).toSorted()).toEqual(
      triggers
        .map(commitPattern)
        .map(one => JSON.stringify(one, Object.keys(one).toSorted()))
        .toSorted(),
    )
  })

  it('let through the notices of AWS Health that Fargate retires tasks', async () => {
    const { ofType } = await synthesize()
    const made = ofType('AWS::Events::Rule').map(([, rule]) => rule.Properties)
    const rules = made.filter(rule => rule.EventPattern.source[0] === 'aws.health')
    expect(rules).toMatchObject([{ EventPattern: RETIREMENT }])
    expect(rules[0]).not.toHaveProperty('EventBusName')
    expect(eventBridgeMatches(RETIREMENT, retirementEvent([]))).toBe(true)
    expect(
      eventBridgeMatches(RETIREMENT, { ...retirementEvent([]), detail: { service: 'ECS', eventTypeCode: 'AWS_ECS_OPERATIONAL_ISSUE' } }),
    ).toBe(false)
  })

  it("let through ECS's own events of this cluster, and no others", async () => {
    const { ofType } = await synthesize()
    const made = ofType('AWS::Events::Rule')
      .map(([, rule]) => rule.Properties)
      .filter(rule => rule.EventPattern.source[0] === 'aws.ecs')
    expect(made).toHaveLength(1)
    expect(made[0].EventPattern).toEqual({
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: { clusterArn: [{ 'Fn::GetAtt': ['Cluster', 'Arn'] }] },
    })
    expect(made[0]).not.toHaveProperty('EventBusName') // AWS's services speak on the default bus
  })
})
