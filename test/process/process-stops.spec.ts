import { afterAll, describe, expect, it } from 'vitest'
import { signalNamed } from '../../shared/adapters/process/supervisor-stop.ts'
import type { ServiceSpec } from '../../shared/domain/spec.ts'
import { eventually } from '../contracts/eventually.ts'
import { ended, freshRequest, hasPrinted, textsOf } from '../contracts/runtime-harness.ts'
import { makeWorld, processesOf, scripted, supervisorsOf } from './process-world.ts'

const world = makeWorld()
afterAll(() => world.close())
const runtime = world.open()

async function running(script: string, changes: Partial<ServiceSpec> = {}): Promise<string> {
  const request = freshRequest(world.options, scripted(`${script}`, changes))
  await runtime.start(request)
  await hasPrinted(runtime, request.id, 'ready')
  return request.id
}

/** What a shell says of its children's deaths stands in stderr. */
const printedBy = async (id: string): Promise<readonly string[]> =>
  (await runtime.logs(id, {})).filter(line => line.stream === 'stdout').map(line => line.text)

describe('stopping processes', () => {
  it('sends the stop signal of the spec, or the one that the stop names', async () => {
    const script = 'trap "echo int; exit 5" INT; trap "echo usr1; exit 6" USR1; echo ready; while :; do sleep 0.05; done'
    const own = await running(script, { stopSignal: 'SIGINT' })
    await runtime.stop(own, { graceMs: 10_000 })
    expect((await ended(runtime, own)).exit).toMatchObject({ code: 5, reason: 'stopped' })
    const named = await running(script, { stopSignal: 'SIGINT' })
    await runtime.stop(named, { graceMs: 10_000, signal: 'USR1' })
    expect((await ended(runtime, named)).exit).toMatchObject({ code: 6, reason: 'stopped' })
  })

  it.each([
    ['SIGQUIT', 'SIGQUIT'],
    ['quit', 'SIGQUIT'],
    ['3', 'SIGQUIT'],
    ['NONSENSE', 'SIGTERM'],
  ])('takes %s for %s', (text, signal) => {
    expect(signalNamed(text)).toBe(signal)
  })

  it('a second stop can shorten the grace period, and does not send the signal again', async () => {
    const id = await running('trap "echo asked" TERM; echo ready; while :; do sleep 0.05; done')
    await runtime.stop(id, { graceMs: 60_000 })
    await hasPrinted(runtime, id, 'asked')
    const at = performance.now()
    await runtime.stop(id, { graceMs: 500 })
    const { exit } = await ended(runtime, id)
    expect(performance.now() - at).toBeGreaterThan(400)
    expect(exit).toMatchObject({ code: 137, reason: 'killed after its grace period of 0.5 s' })
    expect(await printedBy(id)).toEqual(['ready', 'asked'])
  })

  it('a grace period of months is not taken for none', async () => {
    const id = await running('trap "" TERM; echo ready; while :; do sleep 0.05; done')
    await runtime.stop(id, { graceMs: 100 * 24 * 3_600_000 })
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(await runtime.lookup(id)).toMatchObject({ state: 'running' })
    await runtime.stop(id, { graceMs: 0 })
    expect((await ended(runtime, id)).exit).toMatchObject({ code: 137 })
  })

  it('what the leader started has the rest of the grace period to end its work', async () => {
    const child =
      "process.on('SIGTERM',()=>setTimeout(()=>{console.log('finished');process.exit(0)},400));console.log('ready');setInterval(()=>{},1e3)"
    // The shell dies of the signal at once; its child does not.
    const id = await running(`${process.execPath} -e "${child}" & wait`)
    await runtime.stop(id, { graceMs: 10_000 })
    expect((await ended(runtime, id)).exit).toMatchObject({ code: 143, reason: 'stopped' })
    expect(await textsOf(runtime, id)).toContain('finished')
    expect(processesOf(id)).toEqual([])
  })

  it('leaves no orphan when the leader ends by itself, whatever the rest ignores', async () => {
    const id = await running('(trap "" TERM HUP; sleep 71; sleep 72) & sleep 73 & echo ready; sleep 0.2; exit 3')
    expect((await ended(runtime, id)).exit).toMatchObject({ code: 3, reason: 'exited with code 3' })
    expect(processesOf(id)).toEqual([])
    await eventually('the supervisor is gone', () => supervisorsOf(id).length === 0)
  })

  it('leaves no orphan when the grace period is over for a whole family', async () => {
    const id = await running('trap "" TERM; (sleep 74; sleep 75) & echo ready; while :; do sleep 1; done')
    await runtime.stop(id, { graceMs: 300 })
    expect((await ended(runtime, id)).exit!.reason).toBe('killed after its grace period of 0.3 s')
    expect(processesOf(id)).toEqual([])
  })

  it('ends although a program that left the group holds the output open', async () => {
    const id = await running('setsid sleep 3 & echo ready; sleep 0.1; exit 0')
    expect((await ended(runtime, id, 2_500)).exit).toMatchObject({ code: 0 })
  })

  it('a supervisor that is told to end stops its task as told by the spec', async () => {
    const id = await running('trap "echo asked; exit 0" TERM; echo ready; while :; do sleep 0.05; done', { stopGracePeriod: 5_000 })
    process.kill(supervisorsOf(id)[0]!.pid, 'SIGTERM')
    expect((await ended(runtime, id)).exit).toMatchObject({ code: 0, reason: 'stopped' })
    expect(await printedBy(id)).toEqual(['ready', 'asked'])
  })

  it('a stop that comes while the start is under way is not lost', async () => {
    for (let attempt = 0; attempt < 4; attempt++) {
      const request = freshRequest(world.options, scripted('exec sleep 60'))
      const started = runtime.start(request)
      await eventually('it is claimed', async () => (await world.open().lookup(request.id)) !== undefined)
      await world.open().stop(request.id, { graceMs: 5_000 })
      await started
      expect((await ended(runtime, request.id)).exit!.reason).toBe('stopped')
    }
  })
})
