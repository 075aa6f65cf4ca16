import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { Seen } from '../../shared/domain/fact.ts'
import { OutcomeUnknown, type StartRequest } from '../../shared/ports/runtime.ts'
import { eventually } from '../contracts/eventually.ts'
import { ended, freshRequest, hasPrinted } from '../contracts/runtime-harness.ts'
import { makeWorld, processesOf, scripted, supervisorsOf } from './process-world.ts'

const world = makeWorld()
const hosts: ChildProcess[] = []
afterAll(async () => {
  for (const host of hosts) host.kill('SIGKILL')
  await world.close()
})

/** A host in a process of its own; `told` holds what it printed so far. */
function launchHost(requests: readonly StartRequest[]): { readonly host: ChildProcess; told(): string } {
  const script = fileURLToPath(new URL('./crashing-host.ts', import.meta.url))
  const host = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  hosts.push(host)
  let told = ''
  host.stdout.on('data', chunk => {
    told += chunk
  })
  host.stdin.end(`${JSON.stringify({ folder: world.folder, requests })}\n`)
  return { host, told: () => told }
}

const killed = (host: ChildProcess): Promise<void> => {
  const gone = new Promise<void>(resolve => host.once('exit', () => resolve()))
  host.kill('SIGKILL')
  return gone
}

describe('adopting processes', () => {
  it('invariant 4: tasks outlive a host killed with SIGKILL, and the next one adopts them without a second start', async () => {
    const starts = join(world.folder, 'starts')
    appendFileSync(starts, '')
    const script = `echo "$LONGSHORE_TASK_ID" >> ${starts}; i=0; while :; do i=$((i+1)); echo "tick $i"; sleep 0.1; done`
    const requests = [0, 1, 2].map(() => freshRequest(world.options, scripted(script)))
    const { host, told } = launchHost(requests)
    await eventually('all three run', () => requests.every(one => told().includes(`${one.id} running`)))
    const before = requests.map(one => processesOf(one.id).find(process => process.pid === process.group)!.pid)
    await killed(host)
    const runtime = world.open()
    const adopted = await Promise.all(requests.map(one => runtime.start(one)))
    expect(adopted.map(fact => fact.state)).toEqual(['running', 'running', 'running'])
    expect(adopted.map(fact => Number(fact.runtimeId!.split('@')[0]))).toEqual(before)
    expect((await runtime.list()).map(seen => seen.id).sort()).toEqual(requests.map(one => one.id).sort())
    await Promise.all(requests.map(one => hasPrinted(runtime, one.id, 'tick 5')))
    expect(readFileSync(starts, 'utf8').trim().split('\n').sort()).toEqual(requests.map(one => one.id).sort())
    for (const one of requests) {
      expect(processesOf(one.id).filter(process => process.pid === process.group).length).toBe(1)
      await runtime.stop(one.id, { graceMs: 5_000 })
      expect((await ended(runtime, one.id)).exit).toMatchObject({ reason: 'stopped', code: 143 })
    }
  })

  it('E3: a start sent by a host that died meanwhile gives one child at most, and is adopted by its repetition', async () => {
    const starts = join(world.folder, 'late')
    appendFileSync(starts, '')
    for (const waitMs of [0, 20, 40, 60, 80, 120]) {
      const request = freshRequest(world.options, scripted(`echo "$LONGSHORE_TASK_ID" >> ${starts}; sleep 60`))
      const { host } = launchHost([request])
      await new Promise(resolve => setTimeout(resolve, 60 + waitMs))
      await killed(host)
      const runtime = world.open()
      expect(await runtime.start(request)).toMatchObject({ state: 'running' })
      await eventually('one supervisor is left', () => supervisorsOf(request.id).length === 1)
      await eventually('the child ran', () => readFileSync(starts, 'utf8').includes(request.id))
      expect(readFileSync(starts, 'utf8').split(request.id).length - 1).toBe(1)
      await runtime.stop(request.id, { graceMs: 0 })
    }
  })

  it('tells a new watcher of the end that a dead host had no time to see', async () => {
    const request = freshRequest(world.options, scripted('sleep 60'))
    const { host, told } = launchHost([request])
    await eventually('it runs', () => told().includes('running'))
    await killed(host)
    const seen: Seen[] = []
    const watching = world.open().watch(one => seen.push(one))
    try {
      await eventually('the watch has it', () => seen.some(one => one.id === request.id && one.state === 'running'))
      const at = performance.now()
      process.kill(processesOf(request.id).find(one => one.pid === one.group)!.pid, 'SIGKILL')
      const over = await eventually('the end', () => seen.find(one => one.id === request.id && one.state === 'stopped'))
      expect(over.exit).toMatchObject({ code: 137, reason: 'killed by SIGKILL' })
      expect(performance.now() - at).toBeLessThan(1_000)
    } finally {
      watching.close()
    }
  })

  it('a supervisor killed with SIGKILL leaves no child: whoever looks ends its whole group and says why', async () => {
    const runtime = world.open()
    const request = freshRequest(world.options, scripted('sleep 61 & sleep 62'))
    await runtime.start(request)
    await eventually('both run', () => processesOf(request.id).length === 3)
    process.kill(supervisorsOf(request.id)[0]!.pid, 'SIGKILL')
    const [first, second] = await Promise.all([ended(runtime, request.id), ended(world.open(), request.id)])
    expect(first).toMatchObject({ state: 'stopped', exit: { reason: 'its supervisor died' } })
    expect(second).toEqual(first)
    expect(processesOf(request.id)).toEqual([])
    expect(await runtime.start(request)).toEqual(first)
  })

  it('a watcher notices the death of a supervisor by itself, and kills the probe that was under way too', async () => {
    const runtime = world.open()
    const seen: Seen[] = []
    const watching = runtime.watch(one => seen.push(one))
    try {
      const healthcheck = { test: ['CMD', 'sleep', '63'], interval: 100, timeout: 60_000, retries: 3, startPeriod: 0 }
      const request = freshRequest(world.options, scripted('sleep 60', { healthcheck }))
      await runtime.start(request)
      await eventually('the probe runs', () => processesOf(request.id).some(one => one.cmdline.includes('63')))
      process.kill(supervisorsOf(request.id)[0]!.pid, 'SIGKILL')
      const over = await eventually('the end', () => seen.find(one => one.id === request.id && one.state === 'stopped'))
      expect(over.exit!.reason).toBe('its supervisor died')
      await eventually('nothing is left', () => processesOf(request.id).length === 0)
    } finally {
      watching.close()
    }
  })

  it('a frozen supervisor is not taken for dead; a stop asked of it is of unknown outcome, and asked again when it is back', async () => {
    const runtime = world.open()
    const request = freshRequest(world.options, scripted('sleep 60'))
    const fact = await runtime.start(request)
    const [supervisor] = supervisorsOf(request.id)
    process.kill(supervisor!.pid, 'SIGSTOP')
    try {
      expect(await world.open().start(request)).toEqual(fact)
      await expect(runtime.stop(request.id, { graceMs: 0 })).rejects.toThrow(OutcomeUnknown)
    } finally {
      process.kill(supervisor!.pid, 'SIGCONT')
    }
    await runtime.stop(request.id, { graceMs: 0 })
    expect(await ended(runtime, request.id)).toMatchObject({ runtimeId: fact.runtimeId })
  })
})
