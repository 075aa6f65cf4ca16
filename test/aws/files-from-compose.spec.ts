import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { plannedRuntime } from '../../functions/lambda/adapters/plans.ts'
import { ENVIRONMENT } from '../../infra/cloud/environment.ts'
import { createBlobs } from '../../shared/adapters/memory/blobs.ts'
import { estimateOf } from '../../shared/application/estimate.ts'
import { load } from '../compose/load-text.ts'

/** From a Compose file to what the deployed API says of it before the commit: the line that is refused, or the plan. */
const blobs = createBlobs()
const runtime = plannedRuntime(blobs)
beforeAll(() => {
  for (const name of Object.values(ENVIRONMENT)) vi.stubEnv(name, 'prod')
})
afterAll(() => {
  vi.unstubAllEnvs()
})

const FILES = {
  '/p/app.conf': 'colour blue\n',
  '/p/db.txt': 'hunter2\n',
  '/p/big.bin': randomBytes(80_000),
  '/p/big.txt': 'word '.repeat(60_000),
}
const composeOf = (keys: string) => `services:
  web:
    image: registry/web:1
${keys.replace(/^(?=.)/gm, '    ')}
configs:
  app: {file: ./app.conf}
  inline: {content: "a: 1"}
  said: {environment: SAID}
  packed: {file: ./big.txt}
  large: {file: ./big.bin}
secrets:
  db: {file: ./db.txt}
  said: {environment: SAID}
`
async function asked(keys: string) {
  const loaded = load(composeOf(keys), { env: { SAID: 'so' } }, FILES)
  for (const content of Object.values(loaded.blobs)) await blobs.put(content)
  const { spec } = loaded.stack.services['web']!
  const answer = await runtime.prepare(spec)
  const refused = answer && 'refused' in answer ? answer : undefined
  return { loaded, refused, line: refused && loaded.places(`services.web.${refused.key}`)?.line }
}

describe('configs and secrets as files, from the Compose file to ECS', () => {
  it.each([
    ['secrets: [db, said]'],
    ['secrets: [{source: db, target: deep/er/db, uid: "33", gid: "33", mode: 0400}]'],
    ['secrets: [{source: db, target: /run/secrets/db}]'],
    [
      'volumes: [/etc/app]\nconfigs: [{source: app, target: /etc/app/a.conf}, {source: inline, target: /etc/app/sub/b.yml}, {source: said, target: /etc/app/c}]',
    ],
    ['configs: [{source: packed, target: /run/secrets/app/p}]'],
    ['read_only: true\ntmpfs: [/run, /tmp]\nsecrets: [db]'],
  ])('taken: %s', async keys => {
    expect((await asked(keys)).refused).toBeUndefined()
  })

  it.each([
    ['configs: [app]', 4, 'root folder'],
    [
      'configs:\n  - {source: inline, target: /run/secrets/a}\n  - {source: app, target: /etc/nginx/nginx.conf}',
      6,
      'volumes: [/etc/nginx]',
    ],
    ['secrets:\n  - db\n  - {source: said, target: /etc/said}', 6, 'volumes: [/etc]'],
    ['secrets:\n  - {source: db, uid: www}', 5, 'uid and gid are numbers, not www'],
    ['command: run\nconfigs:\n  - {source: large, target: /run/secrets/l}', 5, 'more than the 65536 that ECS takes'],
  ])('refused: %s, at line %i', async (keys, line, why) => {
    const { refused, line: told } = await asked(keys)
    expect(refused?.refused).toContain(why)
    expect(told).toBe(line)
  })

  it('the plan names each secret and what it costs', async () => {
    const { loaded } = await asked('secrets: [db]\nvolumes: [/etc/app]\nconfigs: [{source: app, target: /etc/app/a}]')
    const { spec } = loaded.stack.services['web']!
    const services = { web: { spec: { ...spec, secrets: { 'secret.db': { version: 1, hash: 'h' } } }, replicas: 0 } }
    const { resources, idle } = estimateOf({ runtime, router: {} }, 'p', { ...loaded.stack, services })!
    expect(resources).toContain('secret longshore/prod/stack/p/secret.db')
    expect(idle).toBeCloseTo(0.4, 6)
    expect(runtime.notes!(spec)).toContain('a container of its own writes its configs and secrets first, and ends')
  })
})
