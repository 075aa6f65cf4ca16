import { RemovalPolicy, type Stack } from 'aws-cdk-lib'
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
import { type KeyDefinition, LOG_TABLE, ROWS_TABLE, type TableDefinition } from '../../shared/adapters/dynamo/tables.ts'

export type Storage = { readonly log: dynamodb.Table; readonly rows: dynamodb.Table }

/**
 * What outlives everything else. Logical ids and keys are fixed, since a change of either would make CloudFormation put an empty table in
 * the place of the log; and a stack that is deleted leaves both behind.
 */
export function addStorage(stack: Stack): Storage {
  return { log: addTable(stack, 'LogTable', LOG_TABLE), rows: addTable(stack, 'RowsTable', ROWS_TABLE) }
}

/** Encrypted by DynamoDB's own key, which costs nothing for each request, as one of KMS would. */
function addTable(stack: Stack, id: string, definition: TableDefinition): dynamodb.Table {
  const table = new dynamodb.Table(stack, id, {
    partitionKey: keyOf(definition.partitionKey),
    sortKey: definition.sortKey && keyOf(definition.sortKey),
    stream: definition.streamView && dynamodb.StreamViewType[definition.streamView],
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    encryption: dynamodb.TableEncryption.DEFAULT,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  })
  for (const index of definition.indexes)
    table.addGlobalSecondaryIndex({
      indexName: index.name,
      partitionKey: keyOf(index.partitionKey),
      sortKey: keyOf(index.sortKey),
      projectionType: dynamodb.ProjectionType[index.projection],
    })
  ;(table.node.defaultChild as dynamodb.CfnTable).overrideLogicalId(id)
  return table
}

const keyOf = ({ name, type }: KeyDefinition): dynamodb.Attribute => ({
  name,
  type: type === 'S' ? dynamodb.AttributeType.STRING : dynamodb.AttributeType.NUMBER,
})
