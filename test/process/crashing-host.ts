import { createProcessRuntime } from '../../shared/adapters/process/process-runtime.ts'
import type { StartRequest } from '../../shared/ports/runtime.ts'

/**
 * A host to be killed: starts what its standard input names, one after another, prints each answer's id and state, and stays. Its
 * parent kills it whenever it likes.
 */
let text = ''
process.stdin.setEncoding('utf8')
for await (const chunk of process.stdin) {
  text += chunk
  if (text.includes('\n')) break
}
const { folder, requests } = JSON.parse(text) as { readonly folder: string; readonly requests: readonly StartRequest[] }
const runtime = createProcessRuntime({
  installation: 'here',
  folder,
  secrets: { get: async () => undefined },
  blobs: { get: async () => undefined },
  clock: { now: () => Date.now() },
  peerAddress: (_stack, _service, port) => ({ host: '127.0.0.1', port }),
})
await Promise.all(
  requests.map(async request => {
    const fact = await runtime.start(request)
    process.stdout.write(`${fact.id} ${fact.state}\n`)
  }),
)
setInterval(() => {}, 60_000)
