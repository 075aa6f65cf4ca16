import { connectEngine } from '../../shared/adapters/docker/connect-engine.ts'
import { makeAppImage } from './app-image.ts'
import type { Runtime } from './installation.ts'

/**
 * Every end-to-end test runs on processes and on containers. Where there is no engine the container half fails, unless it was said that
 * this machine has none (LONGSHORE_TEST_ENGINE=none), which CI never says.
 */
export const RUNTIMES: readonly Runtime[] = process.env['LONGSHORE_TEST_ENGINE'] === 'none' ? ['process'] : ['process', 'docker']
if (RUNTIMES.length === 1) console.log('LONGSHORE_TEST_ENGINE=none: end-to-end tests on containers are left out')

/** @throws when there is no engine though one is needed */
export async function prepareRuntime(runtime: Runtime): Promise<void> {
  if (runtime === 'process') return
  const engine = await connectEngine(process.env)
  if ('problem' in engine) throw new Error(`the tests on containers need an engine: ${engine.problem}`)
  makeAppImage()
}
