import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bundle, sizesOf, writeBundles } from '../infra/cloud/bundle.ts'
import { ENVIRONMENT, queueVariable } from '../infra/cloud/environment.ts'
import { FUNCTION_TABLE } from '../infra/function-table.ts'
import { type Bench, type Figure, inRounds, paired } from './figure.ts'

const ROUNDS = 9
const EMPTY = ''
const LOAD = "require('./index.js')"
/** One message of a queue, which a schedule and the API take for an event of theirs; what AWS then answers is a refusal. */
const CALL = `Promise.resolve(require('./index.js').handler({ Records: [{ messageId: '1', body: JSON.stringify({ detail: { stream: 'service/shop/web' } }),
  eventName: 'INSERT', dynamodb: { SequenceNumber: '1', NewImage: { stream: { S: 'service/shop/web' }, version: { N: '1' }, types: { S: 'WishTaken' } } } }],
  rawPath: '/v1/stacks', headers: { host: 'x', authorization: 'Bearer x' }, requestContext: { http: { method: 'GET', path: '/v1/stacks' } } },
  { functionName: 'bench', getRemainingTimeInMillis: () => 30000 })).catch(() => {}).finally(() => process.exit(0))`

/** A cold start's share that is ours: Node with a bundle in it, against Node with nothing, on this machine. */
export const bundles: Bench = {
  name: 'bundles',
  does: 'loading what a Lambda runs, against an empty script in Node',
  run: async () => {
    const made = await bundle(FUNCTION_TABLE.map(row => row.name))
    const at = writeBundles(made)
    const refuses = createServer((request, response) => {
      request.resume()
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end('{"__type":"ValidationException","message":"no"}')
    }).listen(0, '127.0.0.1')
    await once(refuses, 'listening')
    const env = environmentFor(`http://127.0.0.1:${(refuses.address() as AddressInfo).port}`)
    const figures: Figure[] = []
    const traces: string[] = []
    for (const one of made) {
      const { all, atLoad } = sizesOf(one)
      traces.push(`${one.name}: ${kb(atLoad)} KB before the first event, ${kb(all)} KB in all`)
      const run = (script: string) => () => lasts(script, at(one.name), env)
      figures.push(paired(`${one.name}: loaded`, 'ms', await inRounds(ROUNDS, run(LOAD), run(EMPTY)), { goal: 3 }))
      figures.push(paired(`${one.name}: loaded and called`, 'ms', await inRounds(ROUNDS, run(CALL), run(EMPTY))))
    }
    refuses.close()
    return { figures, traces }
  },
}

const kb = (bytes: number) => Math.round(bytes / 1_000)

function environmentFor(url: string): Readonly<Record<string, string>> {
  const told = [...Object.values(ENVIRONMENT), ...FUNCTION_TABLE.map(row => queueVariable(row.name))].map(name => [name, '1'] as const)
  const credentials = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_ENDPOINT_URL: url }
  return { ...credentials, ...Object.fromEntries(told) }
}

/** Milliseconds from the start of Node to its end. @throws when it fails */
async function lasts(script: string, cwd: string, env: Readonly<Record<string, string>>): Promise<number> {
  const began = performance.now()
  const child = spawn(process.execPath, ['-e', script], { cwd, env, stdio: ['ignore', 'ignore', 'ignore'] })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`Node ended with ${code} in ${cwd}`)
  return performance.now() - began
}
