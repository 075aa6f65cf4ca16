import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { isAlive, isGroupAlive, killLeftGroup, startOf } from '../../shared/adapters/process/process-identity.ts'

const sleeper = (): { readonly pid: number; readonly gone: Promise<unknown>; kill(): void } => {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
  return { pid: child.pid!, gone: new Promise(resolve => child.once('exit', resolve)), kill: () => child.kill('SIGKILL') }
}

describe('knowing a process for good', () => {
  it('tells a process from a later one of the same pid', async () => {
    const { pid, gone, kill } = sleeper()
    const start = startOf(pid)!
    expect(startOf(pid)).toBe(start)
    expect(isAlive({ pid, start })).toBe(true)
    expect(isAlive({ pid, start: `${start}0` })).toBe(false)
    kill()
    await gone
    expect(startOf(pid)).toBeUndefined()
    expect(isAlive({ pid, start })).toBe(false)
    expect(isGroupAlive(pid)).toBe(false)
  })

  it('kills nothing whose pid was given to another process, before or after a restart of the machine', async () => {
    const { pid, gone, kill } = sleeper()
    const start = startOf(pid)!
    const [boot, ticks] = start.split(':')
    for (const other of [`${boot}:1`, `another1:${ticks}`, 'gone']) {
      expect(killLeftGroup({ pid, start: other })).toBe(false)
      expect(isAlive({ pid, start })).toBe(true)
    }
    kill()
    await gone
  })

  it('kills the group of the one that it means', async () => {
    const { pid, gone } = sleeper()
    expect(killLeftGroup({ pid, start: startOf(pid)! })).toBe(true)
    await gone
    expect(killLeftGroup({ pid, start: 'gone' })).toBe(false)
  })
})
