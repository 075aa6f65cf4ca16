import { CreateRepositoryCommand, type ECRClient, ECRServiceException, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { repositoryName } from '../../domain/repository-name.ts'
import type { Registry } from '../../ports/registry.ts'

export type RegistryOptions = {
  readonly client: ECRClient
  readonly installation: string
  /** Its host, as engines and ECS name it. */
  readonly registry: string
  readonly platform: string
}

/**
 * One ECR repository for each stack, found by its name (E1), with the login that ECR gives to this function's role (ADR 21). Images of
 * revisions that one could go back to stay, so nothing expires. @throws what ECR answers
 */
export function createRegistry({ client, installation, registry, platform }: RegistryOptions): Registry {
  return {
    async open(stack) {
      const name = repositoryName(installation, stack)
      await makeRepository(client, name, { installation, stack })
      const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}))
      const [{ authorizationToken = '', expiresAt } = {}] = authorizationData ?? []
      const [username = '', ...password] = Buffer.from(authorizationToken, 'base64').toString('utf8').split(':')
      if (!username || password.length === 0) throw new Error('ECR gave no login')
      const login = { username, password: password.join(':'), ...(expiresAt && { expiresAt: expiresAt.getTime() }) }
      return { repository: `${registry}/${name}`, ...login, platform }
    },
  }
}

async function makeRepository(client: ECRClient, name: string, of: { installation: string; stack: string }): Promise<void> {
  const tags = Object.entries(of).map(([key, Value]) => ({ Key: `longshore:${key}`, Value }))
  try {
    await client.send(new CreateRepositoryCommand({ repositoryName: name, tags }))
  } catch (error) {
    if (!(error instanceof ECRServiceException && error.name === 'RepositoryAlreadyExistsException')) throw error
  }
}
