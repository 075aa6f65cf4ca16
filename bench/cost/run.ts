import { costTable } from './table.ts'

/** npm run cost: what Longshore costs a month, counted from its own functions. */
console.log(await costTable())
