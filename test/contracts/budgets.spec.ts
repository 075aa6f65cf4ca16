import { createBudgets } from '../../shared/adapters/dynamo/budgets.ts'
import { budgetsContract } from './budgets-contract.ts'
import { onDynalite } from './fixture.ts'

budgetsContract('dynalite', clock => onDynalite(({ client, tables }) => createBudgets({ client, table: tables.log, clock })))
budgetsContract('dynalite, when all names collide', clock =>
  onDynalite(({ client, tables }) => createBudgets({ client, table: tables.log, clock, hash: () => 7 })),
)
