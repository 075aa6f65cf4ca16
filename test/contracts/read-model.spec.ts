import { createReadModel } from '../../shared/adapters/dynamo/read-model.ts'
import { createReadModel as createMemoryReadModel } from '../../shared/adapters/memory/read-model.ts'
import { inMemory, onDynalite } from './fixture.ts'
import { readModelContract } from './read-model-contract.ts'

readModelContract('memory', inMemory(createMemoryReadModel))
readModelContract(
  'dynalite',
  onDynalite(({ client, tables }) => createReadModel({ client, table: tables.rows })),
)
