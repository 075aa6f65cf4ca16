import { ECRClient, RepositoryAlreadyExistsException, ServerException } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { createRegistry } from '../../shared/adapters/ecr/registry.ts'
import { repositoryName } from '../../shared/domain/repository-name.ts'
import { makeCanned } from './faulty-client.ts'

const TOKEN = { authorizationToken: Buffer.from('AWS:p:w').toString('base64'), expiresAt: new Date(5_000) }

function open(answers: Readonly<Record<string, (input: unknown) => unknown>>) {
  const inputs: Record<string, unknown> = {}
  const { client } = makeCanned(new ECRClient({ region: 'eu-west-1' }), (command, input) => {
    inputs[command] = input
    return answers[command]?.(input) ?? {}
  })
  const registry = createRegistry({ client, installation: 'longshore', registry: '1.dkr.ecr', platform: 'linux/amd64' })
  return { inputs, place: registry.open('shop') }
}
const given = { GetAuthorizationToken: () => ({ authorizationData: [TOKEN] }) }

describe('the registry of a stack', () => {
  it('is one repository, made with its tags, and a login as ECR gives it', async () => {
    const { place, inputs } = open(given)
    expect(await place).toEqual({
      repository: '1.dkr.ecr/longshore/shop',
      username: 'AWS',
      password: 'p:w',
      expiresAt: 5_000,
      platform: 'linux/amd64',
    })
    expect(inputs['CreateRepository']).toEqual({
      repositoryName: 'longshore/shop',
      tags: [
        { Key: 'longshore:installation', Value: 'longshore' },
        { Key: 'longshore:stack', Value: 'shop' },
      ],
    })
  })

  it('one that is there is used; any other trouble is told, and a missing login too', async () => {
    const there = () => {
      throw new RepositoryAlreadyExistsException({ message: 'there', $metadata: {} })
    }
    expect(await open({ ...given, CreateRepository: there }).place).toMatchObject({ repository: '1.dkr.ecr/longshore/shop' })
    const broken = () => {
      throw new ServerException({ message: 'broken', $metadata: {} })
    }
    await expect(open({ ...given, CreateRepository: broken }).place).rejects.toThrow('broken')
    await expect(open({}).place).rejects.toThrow('ECR gave no login')
  })

  it.each([
    ['longshore', 'shop', 'longshore/shop'],
    ['a--b', 'x__y', 'a-b/x-y'],
    ['a-', '-x', 'a/x'],
  ])('names of %s and %s are names of ECR', (installation, stack, name) => {
    expect(repositoryName(installation, stack)).toBe(name)
    expect(name).toMatch(/^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/)
  })
})
