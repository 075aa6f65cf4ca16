import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectEngine } from '../../shared/adapters/docker/connect-engine.ts'
import { createContainerMetrics } from '../../shared/adapters/docker/container-metrics.ts'
import { createDockerRuntime, type DockerRuntimeOptions } from '../../shared/adapters/docker/docker-runtime.ts'
import { createDockerExec } from '../../shared/adapters/docker/exec-task.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import type { Exec } from '../../shared/ports/exec.ts'
import type { Metrics } from '../../shared/ports/metrics.ts'
import type { Images, Runtime } from '../../shared/ports/runtime.ts'

export type Engine = {
  readonly runtime: Runtime & Images
  readonly exec: Exec
  readonly metrics: Metrics
  readonly detail: string
  /** Called at a clean end. */
  leave(): Promise<void>
}
export type NoEngine = { readonly problem: string }

/**
 * The container engine of this machine, if it is wanted and answers. A data folder whose containers may still live does without its engine
 * only when told so: taking them for gone would be wrong.
 */
export async function findEngine(
  wanted: 'auto' | 'docker' | 'process',
  options: Omit<DockerRuntimeOptions, 'docker'>,
): Promise<Engine | NoEngine> {
  if (wanted === 'process') return { problem: 'processes were asked for' }
  const marker = join(options.dataFolder, 'uses-engine')
  const engine = await connectEngine(process.env)
  if ('problem' in engine) {
    if (wanted === 'docker') throw new CodedError('LS-ENGINE-UNREACHABLE', engine.problem)
    if (existsSync(marker))
      throw new CodedError('LS-ENGINE-UNREACHABLE', `${engine.problem}; containers of this data folder may still run`, {
        hint: 'Start the engine, or use another data folder (--data).',
      })
    return engine
  }
  writeFileSync(marker, `${engine.socket}\n`, { mode: 0o600 })
  const runtime = createDockerRuntime({ ...options, docker: engine.docker })
  const leave = async () => {
    const living = (await runtime.list()).filter(task => task.state !== 'stopped')
    if (living.length === 0) rmSync(marker, { force: true })
  }
  const exec = createDockerExec({ docker: engine.docker, installation: options.installation })
  const metrics = createContainerMetrics({ docker: engine.docker, installation: options.installation, clock: options.clock })
  return { runtime, exec, metrics, detail: `docker ${engine.version}`, leave: () => leave().catch(() => {}) }
}
