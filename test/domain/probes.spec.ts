import { describe, expect, it } from 'vitest'
import { isMetadataHost, metadataHostOf } from '../../shared/domain/metadata-host.ts'
import { countTry, freshProbe, PROBE_DEFAULTS, Probe, Probes } from '../../shared/domain/probe.ts'
import { isRoutable, probedPorts } from '../../shared/domain/service.ts'
import { decideFacts } from '../../shared/domain/service-decide.ts'
import { fact, givenService, spec, T0 } from './given.ts'

const probe = (more: Partial<Probe> = {}): Probe => ({ ...PROBE_DEFAULTS, tcp: { port: 80 }, ...more })
const verdicts = (thresholds: Partial<Probe>, tries: string) => {
  let count = freshProbe
  return [...tries]
    .map(result => {
      count = countTry(count, probe(thresholds), result === '+')
      return count.passed === undefined ? '?' : count.passed ? '+' : '-'
    })
    .join('')
}

describe('counting tries, as the kubelet does', () => {
  it.each([
    [{}, '---', '??-'],
    [{}, '+', '+'],
    [{}, '+--+--+', '+++++++'],
    [{}, '+---+', '+++-+'],
    [{ failureThreshold: 1 }, '+-+-', '+-+-'],
    [{ successThreshold: 2 }, '+', '?'],
    [{ successThreshold: 2 }, '+-++', '???+'],
    [{ failureThreshold: 2, successThreshold: 2 }, '++-+--+-++', '?++++----+'],
  ])('%j: %s gives %s', (thresholds, tries, expected) => {
    expect(verdicts(thresholds, tries)).toBe(expected)
  })

  it("has Kubernetes' defaults", () => {
    expect(PROBE_DEFAULTS).toEqual({ period: 10_000, timeout: 1_000, failureThreshold: 3, successThreshold: 1, initialDelay: 0 })
  })
})

describe('what a probe may be', () => {
  it.each([
    [{ readiness: probe({ http: { port: 80, path: '/', scheme: 'http' } }) }, 'a probe is one of'],
    [{ readiness: { ...PROBE_DEFAULTS } }, 'a probe is one of'],
    [{ liveness: probe({ successThreshold: 2 }) }, 'successThreshold must be 1'],
    [{ startup: probe({ successThreshold: 2 }) }, 'successThreshold must be 1'],
    [{ readiness: probe({ period: 10 }) }, 'expected number to be >=100'],
    [{ liveness: probe({ tcp: undefined, http: { port: 80, path: '/', scheme: 'http', host: '169.254.169.254' } }) }, 'metadata service'],
    [{ liveness: probe({ tcp: undefined, exec: ['wget', 'http://169.254.169.254/latest'] }) }, 'metadata service'],
  ])('%j is refused', (probes, why) => {
    const { error } = Probes.safeParse(probes)
    expect(error?.issues.map(issue => issue.message).join()).toContain(why)
  })

  it('readiness may want several successes', () => {
    expect(Probes.safeParse({ readiness: probe({ successThreshold: 2 }) }).success).toBe(true)
    expect(Probe.safeParse(probe()).success).toBe(true)
  })

  it.each([
    ['169.254.169.254', true],
    ['0xA9FEA9FE', true],
    ['2852039166', true],
    ['0251.0376.0251.0376', true],
    ['169.254.170.2', true],
    ['fd00:ec2::254', true],
    ['[fd00:0ec2:0:0::254]', true],
    ['::ffff:169.254.169.254', true],
    ['169.254.169.254:80', true],
    ['metadata.google.internal', true],
    ['localhost', false],
    ['app.example.com', false],
    ['10.0.0.1', false],
    ['fd00::254', false],
    ['no host at all', false],
  ])('%s is a metadata service: %s', (host, expected) => {
    expect(isMetadataHost(host)).toBe(expected)
  })

  it.each([
    [['sh', '-c', 'curl -s http://user@169.254.169.254/x || exit 1'], '169.254.169.254'],
    [['wget', '-q', 'http://[fd00:ec2::254]/latest'], '[fd00:ec2::254]'],
    [['nc', '-z', '169.254.169.254', '80'], '169.254.169.254'],
    [['curl', 'http://localhost:80/latest'], undefined],
    [['echo', '1169.254.169.254'], undefined],
  ])('in the command %j it is found', (exec, expected) => {
    expect(metadataHostOf({ exec })).toBe(expected)
  })
})

describe('probes and a task', () => {
  const all = { startup: probe(), readiness: probe(), liveness: probe() }
  const running = (probes: Partial<typeof all>, more = {}) =>
    givenService()
      .wish({ spec: spec('web', { ports: [{ published: 80, target: 80, protocol: 'tcp', layer: 'http' }], probes, ...more }) })
      .starts(['a'])
      .seen('a')
  let order = 0
  const say = (name: keyof typeof all, passed: boolean, why?: string) => ({ probe: { name, passed, order: ++order, ...(why && { why }) } })

  it('M7: it is ready when startup and readiness passed, and not by its ports', () => {
    const story = running(all)
    expect(probedPorts(story.state.specs[1]!)).toEqual([])
    expect(story.seen('a', { ready: true, seen: 1 }).task('a').readyAt).toBeUndefined()
    expect(story.seen('a', say('startup', true)).task('a').readyAt).toBeUndefined()
    expect(story.seen('a', say('readiness', true), 1_000).task('a')).toMatchObject({ readyAt: story.at, servedAt: story.at })
  })

  it('M7: a container check and a readiness probe must both have passed', () => {
    const check = { test: ['CMD', 'true'], interval: 1_000, timeout: 1_000, retries: 1, startPeriod: 0 }
    const story = running({ readiness: probe() }, { healthcheck: check }).seen('a', say('readiness', true))
    expect(story.task('a').readyAt).toBeUndefined()
    expect(story.seen('a', { health: 'healthy', seen: 2 }).task('a').readyAt).toBeDefined()
  })

  it('M7: liveness alone leaves readiness to the ports', () => {
    const story = running({ liveness: probe() })
    expect(probedPorts(story.state.specs[1]!)).toHaveLength(1)
    expect(story.seen('a', { ready: true, seen: 1 }).task('a').readyAt).toBeDefined()
  })

  it('readiness takes it out of routing and in again, and neither ends it nor is a failure', () => {
    const story = running({ readiness: probe() }).seen('a', say('readiness', true)).available('a', 2_000)
    story.seen('a', say('readiness', false, 'HTTP 503'))
    expect(story.task('a')).toMatchObject({ available: false, probes: { why: 'its readiness probe failed: HTTP 503' } })
    expect([story.task('a').readyAt, story.task('a').unhealthyAt, isRoutable(story.task('a'))]).toEqual([undefined, undefined, false])
    expect(story.state).toMatchObject({ streak: 0, failed: 0, deployment: { failures: 0 } })
    expect(isRoutable(story.seen('a', say('readiness', true)).task('a'))).toBe(true)
    expect(story.task('a').probes?.why).toBeUndefined()
  })

  it.each(['startup', 'liveness'] as const)('a failed %s probe is an illness, once, for good', name => {
    const story = running(all).seen('a', say(name, false, 'connection refused'))
    const why = `its ${name} probe failed: connection refused`
    expect(story.task('a')).toMatchObject({ unhealthyAt: story.at, illness: why })
    expect(story.state).toMatchObject({ failed: 1, deployment: { failures: 1, lastFailure: why } })
    story.seen('a', say('readiness', true)).seen('a', say(name, false))
    expect(story.state.failed).toBe(1)
    expect(isRoutable(story.task('a'))).toBe(false)
  })

  it('E6: an older verdict that comes late says nothing, whatever its `seen`', () => {
    const early = say('readiness', false)
    const late = say('readiness', true)
    const story = running({ readiness: probe() }).seen('a', { ...late, seen: 1 })
    expect(story.seen('a', { ...early, seen: 9 }).task('a').readyAt).toBeDefined()
  })

  it('L11: what is said again is not recorded again', () => {
    const story = running({ readiness: probe() })
    const again = () => decideFacts(story.state, [fact('a', say('readiness', true))]).length
    expect(again()).toBe(1)
    story.seen('a', say('readiness', true))
    expect(again()).toBe(0)
    expect(decideFacts(story.state, [fact('a', say('liveness', true))])).toEqual([])
  })

  it("a load balancer's verdict about its target counts where the spec has no probe", () => {
    const story = running({})
      .seen('a', { ready: true, seen: 2 })
      .seen('a', say('readiness', false, 'target: Health checks failed'))
    expect(isRoutable(story.task('a'))).toBe(false)
    expect(isRoutable(story.seen('a', say('readiness', true)).task('a'))).toBe(true)
  })

  it('L11: the earliest end stands, and a later warning says nothing new', () => {
    const story = running({}).seen('a', { seen: 1, leaving: { by: T0 + 120_000, why: 'retirement' } })
    expect(story.task('a').leaving).toEqual({ by: T0 + 120_000, why: 'retirement', at: story.at })
    expect(decideFacts(story.state, [fact('a', { leaving: { by: T0 + 120_000, why: 'again' } })])).toEqual([])
    expect(decideFacts(story.state, [fact('a', { leaving: { by: T0 + 180_000, why: 'later' } })])).toEqual([])
    expect(story.seen('a', { seen: 1, leaving: { by: T0 + 60_000, why: 'Spot' } }).task('a').leaving).toMatchObject({
      by: T0 + 60_000,
      why: 'Spot',
    })
  })

  it('one that has its stop signal already ends with its grace period, and whatever is told later of it is no news', () => {
    const story = running({}, { stopGracePeriod: 90_000 }).seen('a', { seen: 1, leaving: { why: 'Spot' } })
    expect(story.task('a').leaving).toEqual({ by: story.at + 90_000, why: 'Spot', at: story.at })
    expect(decideFacts(story.state, [fact('a', { leaving: { why: 'Spot' } })])).toEqual([])
  })

  it('one that was asked to leave by us is not told again that it leaves', () => {
    const story = running({})
      .happened({ type: 'StopsIntended', ids: ['a'], why: 'surplus' })
      .seen('a', { seen: 2, leaving: { why: 'StopTask' } })
    expect(story.task('a').leaving).toBeUndefined()
  })

  it('T5: moments of ours move with a stepped clock; the end that the runtime named does not', () => {
    const story = running({}).seen('a', { ready: true, seen: 1, leaving: { by: T0 + 120_000, why: 'Spot' } })
    const { state } = story.happened({ type: 'ClockStepped', lastTick: T0 }, 3_600_000)
    expect(state.tasks['a']).toMatchObject({ servedAt: T0 + 3_600_000, leaving: { by: T0 + 120_000, at: T0 + 3_600_000 } })
  })
})
