import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { createSecrets } from '../../shared/adapters/secrets-manager/secrets.ts'
import { secretsEstimate } from '../../shared/adapters/secrets-manager/secrets-cost.ts'
import { estimateOf } from '../../shared/application/estimate.ts'
import { emptySpec, type ServiceSpec } from '../../shared/domain/spec.ts'
import type { Planned } from '../../shared/ports/estimate.ts'

const runtime = { estimate: (planned: Planned) => [secretsEstimate('longshore/prod', planned)] }
const stack = (...specs: readonly Partial<ServiceSpec>[]) => ({
  name: 'shop',
  services: Object.fromEntries(specs.map((spec, index) => [`s${index}`, { spec: { ...emptySpec, ...spec } }])),
})
const version = (number: number) => ({ version: number, hash: 'h' })

describe('what secrets cost on AWS', () => {
  it('is 40 cents a month for each name, however many services and versions', () => {
    const files: ServiceSpec['files'] = [{ kind: 'secret', name: 'db', target: '/run/secrets/db', secret: 'secret.db' }]
    const spec = stack(
      { files, secrets: { 'secret.db': version(1) } },
      { environment: { A: '‹secret:API›' }, secrets: { 'secret.db': version(2), API: version(1) } },
    )
    expect(estimateOf({ runtime, router: {} }, 'shop', spec)).toEqual({
      resources: ['secret longshore/prod/stack/shop/secret.db', 'secret longshore/prod/stack/shop/API'],
      idle: 0.8,
      running: 0.8,
    })
  })

  it('a text with a secret in its middle is one more', () => {
    const spec = stack({ environment: { URL: 'db://u:‹secret:P›@db', P: '‹secret:P›' }, secrets: { P: version(1) } })
    const { resources, idle } = estimateOf({ runtime, router: {} }, 'shop', spec)!
    expect(resources).toEqual([
      'secret longshore/prod/stack/shop/P',
      expect.stringMatching(/^secret longshore\/prod\/stack\/shop\/composed-[0-9a-f]{24}$/),
    ])
    expect(idle).toBe(0.8)
  })

  it('none costs nothing', () => {
    expect(estimateOf({ runtime, router: {} }, 'shop', stack({}))).toEqual({ resources: [], idle: 0, running: 0 })
  })
})

it('a value above 64 KB is refused before anybody is asked, in a dry run too', async () => {
  const numbers = { last: async () => 0, raise: async () => {} }
  const secrets = createSecrets({ client: {} as SecretsManagerClient, prefix: 'longshore/prod', numbers })
  const refused = { code: 'LS-SPEC-LIMIT', message: 'the secret secret.key has more than the 64 KB that Secrets Manager takes' }
  await expect(secrets.put('shop', 'secret.key', 'x'.repeat(65_525))).rejects.toMatchObject(refused)
  await expect(secrets.preview('shop', 'secret.key', 'x'.repeat(65_525))).rejects.toMatchObject(refused)
})
