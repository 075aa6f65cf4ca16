import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../cli/io.ts'
import { placeText, renderError } from '../../cli/render/error.ts'
import { failedText, renderFailure } from '../../cli/render/failure.ts'
import { renderDeployments, renderRevisions } from '../../cli/render/history.ts'
import { renderEvents, renderExplanation, renderStacks } from '../../cli/render/listings.ts'
import { LogLines } from '../../cli/render/logs.ts'
import { cutTo, paintFor, plain, widthOf } from '../../cli/render/paint.ts'
import { differenceText, renderPlan } from '../../cli/render/plan.ts'
import { progressOf, renderChangeLine, renderProgressLine } from '../../cli/render/progress.ts'
import { renderPs } from '../../cli/render/ps.ts'
import { renderStatus } from '../../cli/render/status.ts'
import { age, moment, took } from '../../cli/render/times.ts'
import type { Plan } from '../../shared/api/contract.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import { deployment, service, status } from './fake-api.ts'

/** A local noon, so that golden texts hold in every time zone. */
const NOON = new Date(2026, 10, 25, 12, 0, 0).getTime()
const secondsAgo = (seconds: number) => NOON - seconds * 1_000
const text = (lines: readonly string[]) => `\n${lines.join('\n')}\n`

describe('a plan', () => {
  const plan: Plan = {
    stack: 'shop',
    deployment: 31,
    changes: [
      {
        service: 'web',
        change: 'update',
        differences: [
          { path: 'image', from: 'shop/web:1.4', to: 'shop/web:1.5' },
          { path: 'LOG_LEVEL', from: 'info', to: 'debug' },
        ],
        what: 'roll 4 tasks, start first, one at a time',
        notes: ['port 8080 is served by layer 7 (HTTP)'],
      },
      { service: 'cache', change: 'new', differences: [], what: 'start 1 task', notes: [] },
      { service: 'db', change: 'none', differences: [], what: 'no change', notes: [] },
      { service: 'worker', change: 'remove', differences: [], what: 'stop 2 tasks, after every other service is done', notes: [] },
    ],
    notes: ['version has no effect'],
  }
  const style = { paint: plain, title: 'compose.yaml → this machine (docker 28.2)', removed: 'gone from the file' }

  it('has a line a service where there is room', () => {
    expect(text(renderPlan(plan, { ...style, width: 120 }))).toBe(`
compose.yaml → this machine (docker 28.2)     stack shop, deployment 31

  web      image 1.4 → 1.5, LOG_LEVEL info → debug     roll 4 tasks, start first, one at a time
           note: port 8080 is served by layer 7 (HTTP)
  cache    new                                         start 1 task
  db       no change
  worker   gone from the file                          stop 2 tasks, after every other service is done
  note: version has no effect
`)
  })

  it('puts what happens below what changes where there is none, one change a line', () => {
    const [web] = plan.changes
    expect(text(renderPlan({ ...plan, changes: [web!], notes: [] }, { ...style, width: 45 }))).toBe(`
compose.yaml → this machine (docker 28.2)     stack shop, deployment 31

  web   image 1.4 → 1.5
        LOG_LEVEL info → debug
        roll 4 tasks, start first, one at a time
        note: port 8080 is served by layer 7
              (HTTP)
`)
  })

  it.each([
    [{ path: 'A', to: '1' }, 'A 1 added'],
    [{ path: 'A', from: '1' }, 'A removed'],
    [{ path: 'image', from: 'a/b (11111111)', to: 'a/b (22222222)' }, 'image 11111111 → 22222222'],
    [{ path: 'image', from: 'host:5000/a', to: 'host:5000/b' }, 'image host:5000/a → host:5000/b'],
    [{ path: 'image', from: 'a:1', to: 'b:1' }, 'image a:1 → b:1'],
    [{ path: 'KEY', from: '(secret)', to: '(another secret)' }, 'KEY (secret) → (another secret)'],
  ])('names a difference: %j', (difference, expected) => {
    expect(differenceText(difference)).toBe(expected)
  })
})

describe('progress', () => {
  const tasks = (...states: readonly (readonly [number, string])[]) =>
    states.map(([revision, state], at) => ({ id: `${at}`, number: at, revision, state: state as 'ready', createdAt: 0 }))
  const rolling = service({
    outcome: undefined,
    revision: 5,
    desired: 4,
    available: 4,
    updated: 3,
    live: 5,
    tasks: tasks([5, 'available'], [5, 'available'], [5, 'ready'], [4, 'available'], [4, 'available']),
    waitsFor: ['task 7 is ready, watched for 2 s'],
  })

  it('of a rollout counts the new revision and all that serve, and says what it waits for', () => {
    expect(renderProgressLine(rolling, 3_000, { paint: plain, width: 100, names: 6 })).toBe(
      '  web      █████·····  2/4 on revision 5, 4 available   web.7 is ready, watched for 2 s',
    )
    expect(renderChangeLine(rolling, 3_000, 6)).toBe('  web      2/4 on revision 5, 4 available, web.7 is ready, watched for 2 s (3.0 s)')
  })

  it('is cut to the width of the terminal', () => {
    const line = renderProgressLine(rolling, 3_000, { paint: paintFor(true), width: 60, names: 6 })
    expect(widthOf(line)).toBeLessThan(60)
    expect(stripVTControlCharacters(line).endsWith('…')).toBe(true)
  })

  it.each([
    ['new', service({ outcome: undefined, desired: 2, available: 1, live: 2, updated: 2 }), 'going', '1/2 available'],
    ['done', service(), 'done', '2/2 available'],
    ['rolled back', service({ cause: 'rollback', revision: 4 }), 'done', '2/2 available, back on revision 4'],
    ['failed', service({ outcome: 'failed', why: '3 tasks failed' }), 'failed', '3 tasks failed'],
    ['restarting', service({ outcome: undefined, cause: 'restart', updated: 1, live: 2 }), 'going', '1/2 restarted, 2 available'],
    ['stopping', service({ outcome: undefined, cause: 'stop', desired: 0, tasks: tasks([1, 'draining']) }), 'going', '1 left to stop'],
    ['stopped', service({ cause: 'stop', desired: 0, why: 'stopped' }), 'done', 'stopped'],
    ['going', service({ outcome: undefined, removed: true, desired: 0, tasks: [] }), 'going', 'being removed'],
    ['gone', service({ removed: true, desired: 0 }), 'done', 'removed'],
    ['scaled above', service({ outcome: undefined, desired: 2, available: 3, live: 3, updated: 3 }), 'going', '3/2 available'],
  ])('of a service that is %s', (_, of, state, said) => {
    expect(progressOf(of)).toMatchObject({ state, text: said })
    expect(progressOf(of).part).toBeLessThanOrEqual(1)
  })

  it('names what it waits for once, and counts the rest', () => {
    expect(progressOf({ ...rolling, waitsFor: ['task 1 is starting', 'task 2 is starting'] }).waits).toBe('web.1 is starting, and 1 more')
  })
})

describe('a failure', () => {
  const ended = [8, 9].map(number => ({ id: 'x', number, revision: 6, at: 0, byItself: true, code: 1, reason: 'exited with code 1' }))
  const line = (said: string) => ({ service: 'web', number: 9, task: 'x', at: 0, stream: 'stderr' as const, text: said })
  const failure = { service: 'web', revision: 6, why: '2 tasks failed', ended }
  const failing = { names: 3, paint: plain, width: 100 }

  it('tells what failed, what it said and what became of the old tasks', () => {
    const said = { number: 9, lines: [line('TypeError: no'), line('  at x:1')] }
    const rollback = { to: 5, before: 4, kept: 4, failed: false }
    expect(text(renderFailure({ ...failure, said, rollback }, failing))).toBe(`
  web   ✗ revision 6 exited with code 1, twice
          web.9 said:  TypeError: no
                         at x:1
          rolled back: the 4 tasks of revision 5 were never stopped
`)
  })

  it.each([
    [{ to: 5, before: 4, kept: 3, failed: false }, 'rolled back to revision 5: 3 of its 4 tasks were never stopped'],
    [{ to: 5, before: 1, kept: 1, failed: false }, 'rolled back: the task of revision 5 was never stopped'],
    [{ to: 5, before: 0, kept: 0, failed: false }, 'rolled back to revision 5'],
    [{ to: 5, before: 4, kept: 0, failed: true }, 'rolling back to revision 5 failed too'],
  ])('does not claim more than was seen: %j', (rollback, expected) => {
    expect(
      renderFailure({ ...failure, rollback }, failing)
        .at(-1)!
        .trim(),
    ).toBe(expected)
  })

  it('of tasks that ended in several ways tells the reason as recorded', () => {
    const several = [...ended, { ...ended[0]!, reason: 'killed: out of memory' }]
    expect(renderFailure({ ...failure, ended: several }, failing)[0]).toContain('revision 6 failed: 2 tasks failed')
  })

  it('keeps a long reason within the terminal, whole words under each other', () => {
    const why = 'the engine cannot make a task of this spec: mount /nowhere is not shared'
    expect(text(renderFailure({ ...failure, ended: [], why }, { ...failing, width: 50 }))).toBe(`
  web   ✗ revision 6 failed: the engine cannot
          make a task of this spec: mount /nowhere
          is not shared
`)
  })

  it('of a task without output says so', () => {
    expect(renderFailure({ ...failure, said: { number: 9, lines: [] } }, failing)[1]!.trim()).toBe('web.9 said nothing')
  })

  it('points at the service whose tasks failed, not at one that waited for it', () => {
    const waited = { service: 'migrate', revision: 1, why: 'db, which it depends on, failed', ended: [] }
    expect(failedText([waited, { ...failure, service: 'db' }])).toContain('Why: longshore explain db')
    expect(failedText([waited])).toContain('Why: longshore explain migrate')
    expect(failedText([])).toContain('Why: longshore history')
  })
})

describe('ps', () => {
  const web = service({
    image: 'registry.example.com/team/shop/web:1.5',
    command: ['node', 'server.js'],
    ports: [{ published: 8080, target: 3000, protocol: 'tcp', layer: 'http' }],
    revision: 5,
    tasks: [
      {
        id: 'a',
        number: 3,
        revision: 5,
        state: 'available',
        health: 'healthy',
        createdAt: secondsAgo(130),
        startedAt: secondsAgo(125),
        readyAt: secondsAgo(120),
      },
      { id: 'b', number: 4, revision: 4, state: 'draining', createdAt: secondsAgo(7_300), startedAt: secondsAgo(7_300) },
      { id: 'c', number: 5, revision: 5, state: 'intended', createdAt: secondsAgo(1) },
    ],
    ended: [{ id: 'd', number: 1, revision: 4, at: secondsAgo(60), byItself: true, code: 137, reason: 'killed: out of memory' }],
  })
  const stack = status(deployment(1), [web])

  it('prints the columns of Compose, then ours', () => {
    expect(text(renderPs(stack, { now: NOON, width: 200, all: true }))).toBe(`
NAME         IMAGE                                    COMMAND            SERVICE   CREATED   STATUS                   PORTS            REVISION   READY SINCE
shop-web-3   registry.example.com/team/shop/web:1.5   "node server.js"   web       2 min     Up 2 min (healthy)       8080->3000/tcp   5          11:58:00
shop-web-4   registry.example.com/team/shop/web:1.5   "node server.js"   web       2 h       Up 2 h (draining)        8080->3000/tcp   4          -
shop-web-5   registry.example.com/team/shop/web:1.5   "node server.js"   web       1 s       Starting                 8080->3000/tcp   5          -
shop-web-1   registry.example.com/team/shop/web:1.5   "node server.js"   web       -         Exited (137) 1 min ago                    4          -
`)
  })

  it('leaves out ours, then cuts the image on its left, until a line fits', () => {
    const lines = renderPs(stack, { now: NOON, width: 100, all: false })
    expect(text(lines)).toBe(`
NAME         IMAGE        COMMAND            SERVICE   CREATED   STATUS               PORTS
shop-web-3   …p/web:1.5   "node server.js"   web       2 min     Up 2 min (healthy)   8080->3000/tcp
shop-web-4   …p/web:1.5   "node server.js"   web       2 h       Up 2 h (draining)    8080->3000/tcp
shop-web-5   …p/web:1.5   "node server.js"   web       1 s       Starting             8080->3000/tcp
`)
  })

  it('on a narrow terminal leaves out when a task was made, then its command, before a line would break', () => {
    const at = (width: number) => renderPs(stack, { now: NOON, width, all: false })
    expect(at(90)[0]).toMatch(/^NAME +IMAGE +COMMAND +SERVICE +STATUS +PORTS$/)
    expect(at(76)[0]).toMatch(/^NAME +IMAGE +SERVICE +STATUS +PORTS$/)
    for (const width of [76, 80, 90, 100]) for (const line of at(width)) expect(widthOf(line), line).toBeLessThanOrEqual(width)
  })
})

describe('listings', () => {
  const style = { now: NOON, paint: plain, width: 80 }

  it('of stacks', () => {
    const stack = { stack: 'shop', deployment: 3, services: 2, available: 3, desired: 3, outcome: 'ok' }
    const all = [
      stack,
      { ...stack, stack: 'a', available: 1 },
      { ...stack, stack: 'b', outcome: undefined },
      { ...stack, stack: 'c', desired: 0 },
    ]
    expect(text(renderStacks(all))).toBe(`
NAME   STATUS      TASKS   SERVICES   DEPLOYMENT
shop   running     3/3     2          3
a      degraded    1/3     2          3
b      deploying   3/3     2          3
c      stopped     3/0     2          3
`)
  })

  it('of events: when, what, and the commit that it stands in; a long text takes the room that it needs', () => {
    const events = [
      { at: secondsAgo(3), text: 'web.7 runs', stream: 'service/shop/web', version: 88 },
      { at: secondsAgo(2), text: `web.7 ${'x'.repeat(60)}`, stream: 'service/shop/web', version: 89 },
    ]
    expect(text(renderEvents(events, style))).toBe(`
11:59:57  web.7 runs                                         service/shop/web 88
11:59:58  web.7 ${'x'.repeat(60)}  service/shop/web 89
`)
  })

  it('of an explanation: a sentence, what it waits for, the evidence', () => {
    const evidence = [{ at: secondsAgo(1), text: 'web.7 runs', stream: 'service/shop/web', version: 88 }]
    const explanation = { subject: 'web', sentence: 'web moves.', waitsFor: ['task 7 is starting'], evidence }
    expect(text(renderExplanation(explanation, style))).toBe(`
web moves.
Now: web.7 is starting.
  11:59:59  web.7 runs  service/shop/web 88
`)
  })

  it('of deployments and revisions', () => {
    const at = secondsAgo(600)
    const deployments = [
      deployment(3, { at, endedAt: at + 8_000, cause: 'rollback', to: 1, outcome: 'ok' }),
      deployment(2, { at, endedAt: at + 65_000, outcome: 'failed', why: 'web: it exited' }),
    ]
    const revision = { service: 'web', at, deployment: 2, image: 'web:2', stable: false, current: false, differences: [] }
    const revisions = [
      { ...revision, revision: 2, differences: [{ path: 'image', from: 'web:1', to: 'web:2' }] },
      { ...revision, revision: 1, deployment: 1, stable: true, current: true },
    ]
    const history = { stack: 'shop', deployments, revisions }
    expect(text(renderDeployments(history, { now: NOON, width: 100 }))).toBe(`
DEPLOYMENT   WHEN       WHO           WHAT                 OUTCOME   TOOK        WHY
3            11:50:00   token local   rollback to 1: web   ok        8.0 s
2            11:50:00   token local   up: web              failed    1 min 5 s   web: it exited
`)
    expect(text(renderRevisions(history, { now: NOON, width: 100 }))).toBe(`
REVISION      WHEN       WHO           CHANGED       OUTCOME   TOOK
2             11:50:00   token local   image 1 → 2   failed    1 min 5 s
1 (current)   11:50:00   -             new           ok        -
`)
  })

  it('of deployments on a narrow terminal leaves out who asked, before a line would break', () => {
    const yesterday = deployment(12, { at: secondsAgo(90_000), outcome: 'failed', failed: 'db: its health check failed' })
    const lines = renderDeployments({ stack: 'shop', deployments: [yesterday], revisions: [] }, { now: NOON, width: 76 })
    expect(lines[0]).toMatch(/^DEPLOYMENT +WHEN +WHAT +OUTCOME +TOOK +WHY$/)
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(76)
  })

  it('of a deployment that failed: which service failed it, and why', () => {
    const failed = deployment(1, { at: secondsAgo(60), endedAt: secondsAgo(50), outcome: 'failed', failed: 'db: its health check failed' })
    const lines = renderDeployments({ stack: 'shop', deployments: [failed], revisions: [] }, { now: NOON, width: 100 })
    expect(lines.at(-1)).toMatch(/failed +10 s +db: its health check failed$/)
  })

  it('of a revision: how long the deployment took that made it work, not the one that named it first', () => {
    const deployments = [
      deployment(5, { at: secondsAgo(90), endedAt: secondsAgo(60), outcome: 'ok' }),
      deployment(4, { at: secondsAgo(600), endedAt: secondsAgo(540), outcome: 'failed' }),
    ]
    const proven = { deployment: 5, at: secondsAgo(75) }
    const revision = { service: 'web', at: secondsAgo(600), stable: true, current: true, differences: [], proven }
    const lines = renderRevisions(
      { stack: 'shop', deployments, revisions: [{ ...revision, revision: 2, deployment: 4, image: 'web:2' }] },
      { now: NOON, width: 100 },
    )
    expect(lines.at(-1)).toBe('2 (current)   11:50:00   token local   web:2     ok        15 s')
  })

  it('of a stack as it is, and as it was', () => {
    const last = deployment(3, { at: secondsAgo(60), endedAt: secondsAgo(44), outcome: 'ok' })
    const services = [
      service({ image: 'web:1', available: 1, waitsFor: ['backing off after 2 failures in a row'] }),
      service({ removed: true }),
    ]
    expect(text(renderStatus(status(last, services), style))).toBe(`
stack shop: deployment 3 (up) by token local, 11:59:00, done in 16 s

  SERVICE   REVISION   AVAILABLE   IMAGE   STATE
  web       1          1/2         web:1   1 missing: backing off after 2 failures in a row
`)
    const then = status(deployment(3, { at: secondsAgo(60) }), [], { at: secondsAgo(55) })
    expect(text(renderStatus(then, style))).toBe(`
stack shop at 11:59:05: deployment 3 (up) by token local, 11:59:00, under way for 5.0 s
  it is down
`)
  })
})

describe('logs', () => {
  const line = (of: string, number: number, said: string) => ({
    service: of,
    number,
    task: 'x',
    at: 0,
    stream: 'stdout' as const,
    text: said,
  })

  it('are whole lines after the name of their task', () => {
    const lines = new LogLines({ paint: plain, withPrefix: true, withTime: false })
    expect(text(lines.render([line('web', 3, 'a'), line('worker', 12, 'x'.repeat(40_000))]))).toBe(`
web-3      | a
worker-12  | ${'x'.repeat(40_000)}
`)
    expect(lines.render([line('web', 3, 'b')])).toEqual(['web-3      | b'])
  })

  it('are as they were printed without prefix', () => {
    expect(new LogLines({ paint: plain, withPrefix: false, withTime: false }).render([line('web', 3, '{"a":1}')])).toEqual(['{"a":1}'])
  })
})

describe('an error', () => {
  const place = { file: '/p/compose.yaml', line: 14, column: 5 }
  const error = new CodedError('LS-COMPOSE-KEY', 'it is not supported yet.', { place, hint: 'Leave it out.' })
  const style = { cwd: '/p', isJson: false, isDebug: false }

  it('is code, place and message, then what to do; no stack trace', () => {
    expect(text(renderError(error, style))).toBe(`
LS-COMPOSE-KEY  compose.yaml:14:5  it is not supported yet.
                Leave it out.
`)
    expect(renderError(error, { ...style, isDebug: true }).some(line => line.trim().startsWith('at '))).toBe(true)
  })

  it('is broken between words where the terminal ends', () => {
    const long = new CodedError('LS-STORAGE', 'the disk is full\n  of other things', { hint: 'Remove something.' })
    expect(text(renderError(long, { ...style, width: 25 }))).toBe(`
LS-STORAGE  the disk is
            full
              of other
              things
            Remove
            something.
`)
  })

  it('names a file outside of this folder in full', () => {
    expect(placeText(place, '/p/sub')).toBe('/p/compose.yaml:14:5')
  })

  it('is the same as JSON', () => {
    const [line] = renderError(error, { ...style, isJson: true })
    expect(JSON.parse(line!)).toEqual({
      error: { code: 'LS-COMPOSE-KEY', message: 'it is not supported yet.', hint: 'Leave it out.', ...place },
    })
  })

  it('that nobody thought of is called a bug, and a wrong command line is not', () => {
    expect(renderError(new TypeError('x is undefined'), style)[0]).toBe('LS-INTERNAL  x is undefined')
    expect(renderError(new UsageError('no time'), style)).toEqual(['longshore: no time'])
  })
})

describe('times and widths', () => {
  it.each([
    [0, '0.0 s'],
    [1_234, '1.2 s'],
    [9_949, '9.9 s'],
    [9_960, '10 s'],
    [59_900, '1 min'],
    [65_000, '1 min 5 s'],
    [3_600_000, '1 h'],
    [3_840_000, '1 h 4 min'],
    [-5, '0.0 s'],
  ])('%i ms took %s', (ms, said) => expect(took(ms)).toBe(said))

  it.each([
    [59_999, '59 s'],
    [119_000, '1 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 days'],
  ])('%i ms are %s', (ms, said) => expect(age(ms)).toBe(said))

  it('a moment of another day bears its date', () => {
    expect(moment(NOON, NOON)).toBe('12:00:00')
    expect(moment(NOON, NOON + 86_400_000)).toBe('2026-11-25 12:00:00')
  })

  it('colours take no room, and a cut text has none', () => {
    const red = paintFor(true)('red', 'abcdef')
    expect(widthOf(red)).toBe(6)
    expect(cutTo(red, 4)).toBe('abc…')
    expect(paintFor(false)('red', 'a')).toBe('a')
  })
})
