import { createClaims } from '../../shared/adapters/dynamo/claims.ts'
import { createClaims as createMemoryClaims } from '../../shared/adapters/memory/claims.ts'
import { claimsContract } from './claims-contract.ts'
import { inMemory, onDynalite } from './fixture.ts'

claimsContract('memory', inMemory(createMemoryClaims))
claimsContract(
  'dynalite',
  onDynalite(({ client, tables }) => createClaims({ client, table: tables.log })),
)
claimsContract(
  'dynalite, when all names collide',
  onDynalite(({ client, tables }) => createClaims({ client, table: tables.log, hash: () => 7 })),
)
