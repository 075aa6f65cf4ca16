import { CreateRepositoryCommand, ECRClient, RepositoryAlreadyExistsException } from '@aws-sdk/client-ecr'
import { clientOptions, type Emulator } from './emulator.ts'

export async function makeRepository(emulator: Emulator, repositoryName: string): Promise<void> {
  await new ECRClient(clientOptions(emulator)).send(new CreateRepositoryCommand({ repositoryName })).catch(error => {
    if (!(error instanceof RepositoryAlreadyExistsException)) throw error
  })
}
