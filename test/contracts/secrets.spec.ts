import { createSecrets } from '../../shared/adapters/files/secrets.ts'
import { createSecrets as createMemorySecrets } from '../../shared/adapters/memory/secrets.ts'
import { inMemory, onFiles } from './fixture.ts'
import { secretsContract } from './secrets-contract.ts'

secretsContract('memory', inMemory(createMemorySecrets))
secretsContract('files', onFiles(createSecrets))
