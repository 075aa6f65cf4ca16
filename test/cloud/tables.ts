import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { clientOptions, type Emulator } from './emulator.ts'

/** Every commit in whatever tables there are: table, stream, version and nonce. Rows may change; commits never do. */
export async function itemsOf(emulator: Emulator): Promise<readonly string[]> {
  const client = new DynamoDBClient(clientOptions(emulator))
  const { TableNames = [] } = await client.send(new ListTablesCommand({}))
  const all: string[] = []
  for (const TableName of TableNames) {
    const { Items = [] } = await client.send(new ScanCommand({ TableName }))
    for (const item of Items) if (item['nonce']) all.push(`${TableName} ${item['stream']?.S} ${item['version']?.N} ${item['nonce'].S}`)
  }
  return all.sort()
}
