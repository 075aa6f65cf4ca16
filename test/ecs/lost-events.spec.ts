import { describe, expect, it } from 'vitest'
import { WEB } from '../application/world.ts'
import { spec } from '../domain/given.ts'
import { ecsStory, plannedIn } from './story.ts'

/** ECS tells nothing, and the sweep does not come: what became of tasks is found by who asked for it. */
function silent() {
  const story = ecsStory()
  story.ecs.onStart = ({ startedBy }) => void story.ecs.live(startedBy!)
  story.ecs.onStop = ({ startedBy }) => void story.ecs.end(startedBy!, {}, 143)
  const described = () => story.ecs.calls.filter(call => call === 'DescribeTasks').length
  return { story, described }
}
const isDone = (story: ReturnType<typeof ecsStory>) => async () => (await story.service()).ended?.outcome === 'ok'

describe('T2: a start or stop of which no event comes', () => {
  it('is asked about when it was silent for 15 s, and not before', async () => {
    const { story, described } = silent()
    await story.up({ web: spec('web') })
    await story.rounds(15)
    expect(described()).toBe(0)
    await story.until(isDone(story), 10)
    expect(described()).toBeGreaterThan(0)
  })

  it('that ends badly fails the deployment three silences later, not three sweeps', async () => {
    const { story } = silent()
    story.ecs.onStart = ({ startedBy }) => {
      story.ecs.live(startedBy!)
      story.ecs.end(startedBy!, { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited' }, 1)
    }
    await story.up({ web: spec('web') })
    await story.until(async () => (await story.service()).ended?.outcome === 'failed', 56)
  })

  it('is found stopped', async () => {
    const { story } = silent()
    await story.up({ web: spec('web') })
    await story.until(isDone(story), 30)
    await story.up({ web: spec('web:2') })
    await story.until(async () => (await plannedIn(story)).includes('stop 1'), 56)
    await story.rounds(17)
    expect((await story.tasks()).map(({ number }) => number)).toEqual([2])
  })

  it('is asked about once in 15 s, however many there are', async () => {
    const { story } = silent()
    story.ecs.onStart = () => {}
    const { sent } = story.world as unknown as { sent: { to: string; stream: string; delayMs: number }[] }
    await story.up({ web: { spec: spec('web'), replicas: 50 } })
    await story.rounds(10)
    expect(sent.filter(({ to, stream }) => to === 'check-health' && stream === WEB).map(({ delayMs }) => delayMs)).toEqual([15_000])
  })
})
