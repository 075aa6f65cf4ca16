import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepareRuntime, RUNTIMES } from '../end-to-end/runtimes.ts'
import { CRASH_POINTS, nameOf } from './crash-points.ts'
import { CrashTrials } from './crash-trial.ts'

/** A sample of what `npm run crash` does at every point three times. */
const POINTS = [
  'after append.WishesChanged',
  'after append.StartsIntended',
  'before runtime.start',
  'after runtime.start',
  'after append.DrainStarted',
  'before runtime.stop',
]

describe.each(RUNTIMES)('invariant 4: a host that is killed, on runtime %s', runtime => {
  let trials: CrashTrials
  beforeAll(async () => {
    await prepareRuntime(runtime)
    trials = new CrashTrials(runtime, runtime === 'process' ? 17_500 : 17_600)
    await trials.begin()
  })

  it.each(POINTS)('%s: starts again and finishes; nothing started twice, orphaned or forgotten', { timeout: 120_000 }, async name => {
    const report = await trials.atPoint(CRASH_POINTS.find(point => nameOf(point) === name)!, 1)
    expect(report).toEqual({ point: `${name} (1.)`, died: true, wrong: [] })
  })

  it.each([50, 400, 900])('%i ms into a rollout: likewise', { timeout: 120_000 }, async ms => {
    expect(await trials.atMoment(ms)).toMatchObject({ died: true, wrong: [] })
  })

  afterAll(async () => {
    expect(await trials.end()).toEqual([])
  })
})
