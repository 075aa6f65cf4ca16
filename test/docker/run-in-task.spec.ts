import { PassThrough } from 'node:stream'
import type Dockerode from 'dockerode'
import { describe, expect, it } from 'vitest'
import { runInTask } from '../../shared/adapters/docker/run-in-task.ts'

/** An engine on another machine, as its API shows it: the program of an exec begins `beginsAt` looks after the start was answered. */
function slowEngine(beginsAt: number) {
  const engine = { looks: 0, isKilled: false, kills: 0 }
  const isBegun = () => engine.looks >= beginsAt
  const hanging = {
    start: async () => new PassThrough(),
    inspect: async () => {
      engine.looks++
      const isOver = engine.isKilled
      return { Running: !isOver, ExitCode: isOver ? 137 : null, Pid: isBegun() ? 4_000_000_000 : 0, ContainerID: 'c1' }
    },
  }
  const killing = {
    start: async () => {
      engine.kills++
      if (isBegun()) engine.isKilled = true
      const output = new PassThrough()
      output.end()
      return output
    },
  }
  const exec = async ({ Cmd }: { readonly Cmd: readonly string[] }) => (Cmd[0] === 'hang' ? hanging : killing)
  return { engine, docker: { getContainer: () => ({ exec }) } as unknown as Dockerode }
}

describe('a command in a container that is late', () => {
  it('is killed', async () => {
    const { engine, docker } = slowEngine(0)
    expect(await runInTask(docker, 'web-1', ['hang'], 20)).toEqual({ output: '' })
    expect(engine.isKilled).toBe(true)
  })

  it('is killed also when its time was over before a busy engine had begun it', async () => {
    const { engine, docker } = slowEngine(5)
    expect(await runInTask(docker, 'web-1', ['hang'], 20)).toEqual({ output: '' })
    expect(engine).toMatchObject({ isKilled: true, kills: 1 })
  })

  it('and cannot be killed is told as such', { timeout: 30_000 }, async () => {
    const { docker } = slowEngine(Number.POSITIVE_INFINITY)
    expect((await runInTask(docker, 'web-1', ['hang'], 20)).problem).toContain('cannot be killed')
  })
})
