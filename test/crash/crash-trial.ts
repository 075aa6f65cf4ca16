import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Api, appSpec, type Runtime } from '../end-to-end/installation.ts'
import { type CrashPoint, nameOf } from './crash-points.ts'
import { type Truth, truthOf } from './outside-truth.ts'

export type TrialReport = { readonly point: string; readonly died: boolean; readonly wrong: readonly string[] }

const REPLICAS = 2
/** An engine under load lists what ended some seconds later. */
const AGREES_WITHIN_MS = 15_000

/**
 * One installation whose host is killed again and again. Each trial rolls to a new version, is killed at a point or moment, started
 * again, told to deploy again with nothing to unlock, and judged from outside.
 */
export class CrashTrials {
  private readonly folder = mkdtempSync(join(tmpdir(), 'longshore-crash-'))
  private readonly startsFile = join(this.folder, 'starts')
  private readonly answered: string[] = []
  private host: ChildProcess | undefined
  private version = 0
  private isArmedByTime = false
  private truth: Truth | undefined
  private readonly api: Api
  private readonly runtime: Runtime
  private readonly port: number

  constructor(runtime: Runtime, port: number) {
    this.runtime = runtime
    this.port = port
    this.api = new Api(this.folder, () => (JSON.parse(readFileSync(join(this.folder, 'host.json'), 'utf8')) as { url: string }).url)
  }

  async begin(): Promise<void> {
    const since = Math.floor(Date.now() / 1_000)
    await this.start()
    const { id } = JSON.parse(readFileSync(join(this.folder, 'installation.json'), 'utf8')) as { id: string }
    this.truth = truthOf(this.runtime, id, this.startsFile, since)
    await this.deploy(randomUUID())
    await this.settle()
  }

  atPoint(point: CrashPoint, nth: number): Promise<TrialReport> {
    return this.trial(`${nameOf(point)} (${nth}.)`, () => this.start([nameOf(point), String(nth)]))
  }

  /** Killed from outside, `ms` after the command was sent. */
  atMoment(ms: number): Promise<TrialReport> {
    return this.trial(`after ${ms} ms`, async () => {
      await this.start()
      const host = this.host!
      setTimeout(() => host.kill('SIGKILL'), ms)
      this.isArmedByTime = true
    })
  }

  private async trial(point: string, arm: () => Promise<void>): Promise<TrialReport> {
    await this.stop()
    await arm()
    const armed = this.host!
    this.version++
    const key = randomUUID()
    await this.deploy(key).catch(() => {}) // its answer may never come
    const died = await this.diesOrSettles(armed)
    this.isArmedByTime = false
    await this.stop()
    await this.start()
    await this.deploy(key) // the client repeats what was not answered, under the same key
    await this.deploy(randomUUID())
    const wrong = await this.settle().then(
      () => this.judge(),
      error => [String(error).slice(0, 1_500)],
    )
    return { point, died, wrong }
  }

  private async diesOrSettles(host: ChildProcess): Promise<boolean> {
    const deadline = Date.now() + 30_000
    while (host.exitCode === null && host.signalCode === null && Date.now() < deadline) {
      const status = await this.api.status('crash').catch(() => undefined)
      if (status?.settled && status.services[0]!.tasks.every(task => task.state === 'available') && !this.isArmedByTime) break
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    return host.signalCode === 'SIGKILL'
  }

  private async deploy(key: string): Promise<void> {
    const environment = { VERSION: String(this.version), STARTS_FILE: this.runtime === 'process' ? this.startsFile : '' }
    const spec = appSpec({ published: this.port + 1_000, environment, update: { monitor: 200, parallelism: 0 } })
    await this.api.call(
      'POST',
      '/v1/stacks/crash/deployments',
      { spec: { name: 'crash', services: { web: { replicas: REPLICAS, spec } } } },
      key,
    )
    this.answered.push(key)
  }

  private settle() {
    const rests = (state: string) => state === 'available'
    return this.api.until(
      'crash',
      status => status.settled && status.services[0]!.available === REPLICAS && status.services[0]!.tasks.every(task => rests(task.state)),
      90_000,
    )
  }

  /** Started twice, orphaned, missing, unanswerable, lost: each with the outside's own words. */
  private async judge(): Promise<readonly string[]> {
    const wrong: string[] = []
    for (const [id, times] of this.truth!.starts()) if (times > 1) wrong.push(`${id} was started ${times} times`)
    wrong.push(...(await this.notAsRecorded()))
    const answer = await this.answer()
    if (answer.version !== String(this.version)) wrong.push(`answers version ${answer.version}, not ${this.version}`)
    wrong.push(...(await this.lostCommands()))
    return wrong
  }

  /** A host that has just started opens its ports when it has read its streams. */
  private async answer(): Promise<{ readonly version: string }> {
    for (let tries = 0; ; tries++) {
      try {
        return (await (await fetch(`http://127.0.0.1:${this.port + 1_000}/`)).json()) as { version: string }
      } catch (error) {
        if (tries > 300) throw error
        await new Promise(resolve => setTimeout(resolve, 50))
      }
    }
  }

  /** The engine's list is a moment behind its events, so it is asked again until it has had time to agree. */
  private async notAsRecorded(): Promise<readonly string[]> {
    for (let tries = 0; ; tries++) {
      const status = await this.api.status('crash')
      const expected = status.services[0]!.tasks.map(task => task.id).sort()
      const running = [...this.truth!.running()].sort()
      if (running.join() === expected.join()) return []
      if (tries > AGREES_WITHIN_MS / 100) return [`runs ${running.join(', ')}; should run ${expected.join(', ')}`]
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }

  private async lostCommands(): Promise<readonly string[]> {
    const logged = new Set<string>()
    let cursor = ''
    for (;;) {
      const page = await this.api.call<{ events: { commandId?: string }[]; cursor: string }>(
        'GET',
        `/v1/stacks/crash/events?limit=1000${cursor ? `&cursor=${cursor}` : ''}`,
      )
      if (page.events.length === 0) break
      for (const event of page.events) if (event.commandId) logged.add(event.commandId)
      cursor = page.cursor
    }
    return this.answered.filter(key => !logged.has(key)).map(key => `the command ${key} was answered and is not in the log`)
  }

  private async start(point: readonly string[] = []): Promise<void> {
    const script = new URL('crashing-host.ts', import.meta.url).pathname
    const host = spawn(process.execPath, [script, this.folder, this.runtime, String(this.port), ...point], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.host = host
    await new Promise<void>(resolve => {
      host.stdout.on('data', data => String(data).includes('ready') && resolve())
      host.on('exit', () => resolve()) // a point may lie in the start itself
    })
  }

  private async stop(): Promise<void> {
    const { host } = this
    if (!host || host.exitCode !== null || host.signalCode !== null) return
    const gone = new Promise(resolve => host.on('exit', resolve))
    host.kill('SIGKILL')
    await gone
  }

  async end(): Promise<readonly string[]> {
    await this.stop()
    await this.start()
    await this.api.down('crash')
    await this.api.until('crash', status => status.gone)
    let left = this.truth!.running()
    for (let tries = 0; left.length > 0 && tries < AGREES_WITHIN_MS / 100; tries++) {
      await new Promise(resolve => setTimeout(resolve, 100))
      left = this.truth!.running()
    }
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
    return left
  }
}
