/** Opens the embedded database in `folder` and puts commits of one stream; writes each answer as a line. Killed or limited by its test. */
import { openEmbeddedDatabase } from '../../shared/adapters/dynalite/embedded-database.ts'
import { createEventLog } from '../../shared/adapters/dynamo/event-log.ts'

const [folder = '', bytes = '1000', until = 'killed'] = process.argv.slice(2)
const { client, tables, close } = await openEmbeddedDatabase(folder)
const log = createEventLog({ client, table: tables.log })
const events = [{ type: 'Put', text: 'x'.repeat(Number(bytes)) }]
let version = ((await log.head('stack/shop'))?.version ?? 0) + 1

for (; ; version++) {
  try {
    await log.put({ stream: 'stack/shop', version, at: 1, actor: 'test', nonce: `n${version}`, events })
    console.log(`stored ${version}`)
  } catch (error) {
    console.log(`failed ${(error as { code?: string }).code}`)
    break
  }
}
if (until === 'full') {
  console.log(`readable ${(await log.read('stack/shop')).length}`)
  await close()
  console.log('closed')
}
