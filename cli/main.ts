import { runCli } from './program.ts'
import { systemIo } from './system-io.ts'

const io = systemIo()
const code = await runCli(process.argv.slice(2), io)
await io.flush()
// What was left half-done by an interrupt (a build, an open connection) must not keep the process.
process.exit(code)
