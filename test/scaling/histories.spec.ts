import { describe, expect, it } from 'vitest'
import type { ServiceEvent } from '../../shared/domain/service.ts'
import type { Sample } from '../../shared/ports/metrics.ts'
import { decideAutoscale } from '../../shared/scaling/autoscale-service.ts'
import { givenService, type ServiceStory, spec } from '../domain/given.ts'
import { Random } from '../simulation/random.ts'
import { policyOf } from './given.ts'

const SEEDS = 150
const TARGET = 50
const WINDOW = 120_000
const HOUR = 3_600_000

/** What the faulty source answers for a load shared by these tasks; `known`: what an honest reader can be sure of, missing ones at their target. */
function measure(
  random: Random,
  tasks: readonly string[],
  load: number,
  now: number,
): { readonly samples: Sample[]; readonly known?: number } {
  const each = load / Math.max(1, tasks.length)
  const samples: Sample[] = []
  let [sum, found] = [0, 0]
  for (const task of tasks) {
    const value = each * (0.9 + random.next() * 0.2)
    const roll = random.next()
    const bad = [Number.NaN, -5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][Math.floor(random.next() * 4)]!
    if (roll < 0.15) continue
    if (roll < 0.2) samples.push({ task, value: bad, at: now })
    else if (roll < 0.25) samples.push({ task, value: 0, at: now + (random.next() < 0.5 ? HOUR : -HOUR) })
    else {
      samples.push({ task, value, at: now - random.next() * 60_000 })
      if (roll < 0.35) samples.push({ task, value: 0, at: now - 90_000 }) // a late double
      sum += value
      found++
    }
  }
  return found === 0 ? { samples } : { samples, known: sum + (tasks.length - found) * TARGET }
}

/** Starts and ends tasks as the count asks, some of them late or ill. */
function follow(story: ServiceStory, random: Random): void {
  const live = Object.keys(story.state.tasks)
  const { replicas } = story.state.scale
  if (live.length < replicas) story.starts(Array.from({ length: replicas - live.length }, (_, index) => `t${story.state.version}-${index}`))
  for (const id of live.slice(replicas)) story.stopped(id, 0)
  for (const task of Object.values(story.state.tasks)) {
    if (task.readyAt === undefined && random.next() < 0.7) story.seen(task.id, { seen: task.seen + 2, ready: true })
    else if (random.next() < 0.03) story.stopped(task.id)
  }
}

/** Two hours of looks; what broke. */
function live(seed: number): readonly string[] {
  const random = new Random(seed)
  const scale = policyOf({
    min: 1 + (seed % 3),
    max: 9,
    down: { stabilization: WINDOW },
    targets: [{ metric: { kind: 'cpu' }, target: TARGET }],
  })
  const story = givenService().wish({ spec: spec('app:1', { scale }), replicas: 3 })
  const broken: string[] = []
  const raised: { readonly to: number; readonly at: number }[] = []
  let load = 150
  for (let turn = 0; turn < 480; turn++) {
    story.at += 15_000
    follow(story, random)
    if (random.next() < 0.05) load = random.next() * 500
    const ready = Object.values(story.state.tasks)
      .filter(task => task.readyAt !== undefined)
      .map(task => task.id)
    const isSilent = random.next() < 0.1
    const { samples, known } = isSilent ? { samples: [], known: undefined } : measure(random, ready, load, story.at)
    const before = story.state.scale.replicas
    const events: readonly ServiceEvent[] = decideAutoscale(
      story.state,
      { targets: [{ metric: { kind: 'cpu' }, samples }], demand: [] },
      story.at,
    )
    if (events.length) story.happened(events)
    const after = story.state.scale.replicas
    const say = (what: string) => broken.push(`seed ${seed} turn ${turn}: ${before} → ${after}, ${what}`)
    if (after < scale.min || after > scale.max) say('outside its bounds')
    if (after < before && known === undefined) say('down on no data')
    if (after < before && known !== undefined && after < Math.min(before, Math.ceil(known / TARGET - 1e-6)))
      say(`down below what is known: ${known}`)
    if (after < before && raised.some(raise => raise.to > after && story.at - raise.at < WINDOW)) say('flapped within the window')
    if (after !== before && !events.some(event => event.type === 'ScaleSet' && event.why && event.inputs))
      say('without its reason and inputs')
    if (after > before) raised.push({ to: after, at: story.at })
  }
  if (raised.length === 0) broken.push(`seed ${seed}: it never scaled, which proves nothing`)
  return broken
}

describe('histories with gaps, late, doubled and absurd metrics, tasks that die and loads that jump', () => {
  it(`missing data never scales down, the bounds hold, and nothing flaps within its window (${SEEDS} seeds)`, { timeout: 600_000 }, () => {
    const count = Number(process.env['LONGSHORE_TEST_SEEDS'] ?? SEEDS)
    expect(Array.from({ length: count }, (_, index) => live(index + 1)).flat()).toEqual([])
  })
})
