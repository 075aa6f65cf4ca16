import { createEventLog } from '../../shared/adapters/dynamo/event-log.ts'
import { createEventLog as createMemoryEventLog } from '../../shared/adapters/memory/event-log.ts'
import { eventLogContract } from './event-log-contract.ts'
import { inMemory, onDynalite } from './fixture.ts'

eventLogContract('memory', inMemory(createMemoryEventLog))
eventLogContract(
  'dynalite',
  onDynalite(({ client, tables }) => createEventLog({ client, table: tables.log })),
)
