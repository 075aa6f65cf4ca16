import { ResourceNotFoundException, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { createTokens } from '../../shared/adapters/secrets-manager/tokens.ts'
import { makeCanned } from './faulty-client.ts'

const missing = () => new ResourceNotFoundException({ $metadata: {}, message: 'no such version' })

function world(stages: Record<string, string>) {
  let now = 1_000
  const { client, calls } = makeCanned(new SecretsManagerClient({ region: 'us-east-1' }), (_command, input) => {
    const SecretString = stages[(input as { VersionStage: string }).VersionStage]
    if (SecretString === undefined) throw missing()
    return { SecretString }
  })
  const tokens = createTokens({ client, secret: 'longshore/token', clock: { now: () => now } })
  return { tokens, calls, stages, pass: (ms: number) => void (now += ms) }
}

describe('the installation’s token in Secrets Manager', () => {
  it('lets its holder in, and nobody else', async () => {
    const { tokens } = world({ AWSCURRENT: 'right' })
    expect(await tokens.actorOf('right')).toBe('token installation')
    for (const wrong of ['', 'righ', 'right ', 'RIGHT', 'wrong']) expect(await tokens.actorOf(wrong)).toBeUndefined()
  })

  it('after a rotation both the new and the last one are good, within a minute', async () => {
    const { tokens, stages, pass } = world({ AWSCURRENT: 'one' })
    expect(await tokens.actorOf('one')).toBeDefined()
    Object.assign(stages, { AWSPREVIOUS: 'one', AWSCURRENT: 'two' })
    expect(await tokens.actorOf('two')).toBeUndefined()
    pass(60_000)
    expect(await tokens.actorOf('two')).toBeDefined()
    expect(await tokens.actorOf('one')).toBeDefined()
    Object.assign(stages, { AWSPREVIOUS: 'two', AWSCURRENT: 'three' })
    pass(60_000)
    expect(await tokens.actorOf('one')).toBeUndefined()
  })

  it('a guesser does not make it ask each time', async () => {
    const { tokens, calls } = world({ AWSCURRENT: 'right' })
    for (let guess = 0; guess < 50; guess++) await tokens.actorOf(`guess ${guess}`)
    expect(calls).toHaveLength(2)
  })

  it('without a secret, or with an empty one, nobody is let in', async () => {
    expect(await world({}).tokens.actorOf('')).toBeUndefined()
    expect(await world({ AWSCURRENT: '' }).tokens.actorOf('')).toBeUndefined()
  })
})
