import { describe, expect, it } from 'vitest'
import { OutcomeUnknown } from '../../shared/ports/runtime.ts'
import { freshRequest, type RuntimeHarness } from './runtime-harness.ts'

/** Commands beside a task's program, where the runtime can run them. */
export function execContract(given: () => RuntimeHarness): void {
  describe('a command beside the program', () => {
    const running = async () => {
      const spec = given().programs.ticker()
      const request = freshRequest(given(), { ...spec, environment: { ...spec.environment, OF_THE_TASK: 'hers' } })
      await given().runtime.start(request)
      const { id } = request
      return {
        id,
        sh: (script: string, timeoutMs = 20_000) => given().runtime.exec!(id, ['sh', '-c', script], timeoutMs),
        stop: () => given().runtime.stop(id, { graceMs: 0 }),
      }
    }

    it('tells its code, and the end of what it printed, in the environment of the task', async () => {
      const { sh, stop } = await running()
      expect(await sh('echo $OF_THE_TASK; echo wrong >&2; exit 3')).toMatchObject({ code: 3, output: expect.stringMatching(/hers\n/) })
      expect((await sh('echo wrong >&2')).output).toBe('wrong\n')
      const long = await sh('i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done')
      expect(long.output.length).toBeLessThanOrEqual(4_096)
      expect(long.output).toMatch(/line 1999\n$/)
      await stop()
    })

    it('that does not exist is told as such, and is no error', async () => {
      const { id, stop } = await running()
      const { problem } = await given().runtime.exec!(id, ['/no/such/command'], 20_000)
      expect(problem).toMatch(/no such file|there is no program/i)
      await stop()
    })

    it('field case 25: that hangs is killed at its time with all that it started, and leaves no zombie', { timeout: 60_000 }, async () => {
      const { sh, stop } = await running()
      const begun = performance.now()
      const hung = await sh("trap '' TERM; sleep 3605 & sleep 3605; true", 1_000)
      expect(hung.code).toBeUndefined()
      expect(performance.now() - begun).toBeLessThan(10_000)
      const left =
        "for f in /proc/[0-9]*; do { grep -qs '^sleep.3605' $f/cmdline || grep -qs '^State:.Z' $f/status; } && echo $f; done; true"
      if (given().runtime.name === 'docker') expect((await sh(left)).output).toBe('')
      else expect((await sh("grep -ls '^sleep.3605' /proc/[0-9]*/cmdline || true")).output).toBe('')
      await stop()
    })

    it('cannot run where no task runs', async () => {
      await expect(given().runtime.exec!('web-999-0000000000000000', ['true'], 1_000)).rejects.toThrow(OutcomeUnknown)
    })
  })
}
