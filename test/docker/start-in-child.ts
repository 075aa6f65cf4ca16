import Docker from 'dockerode'
import { createDockerRuntime } from '../../shared/adapters/docker/docker-runtime.ts'
import type { StartRequest } from '../../shared/ports/runtime.ts'

/** Started by a test that kills it: says when it begins, starts one task, and waits. */
const [installation = '', request = ''] = process.argv.slice(2)
const runtime = createDockerRuntime({
  docker: new Docker(),
  installation,
  dataFolder: '/nowhere',
  secrets: { get: async () => undefined },
  blobs: { get: async () => undefined },
  clock: { now: () => Date.now() },
})
setInterval(() => undefined, 60_000)
process.stdout.write('begins\n')
await runtime.start(JSON.parse(request) as StartRequest)
