import { costTable, writeTable } from './table.ts'

// npm run cost [-- --write]: what Longshore costs a month, counted from its own functions; with --write the documents say so too.
const table = await costTable()
if (process.argv.includes('--write')) writeTable(table)
console.log(table)
