// The service under test: names its task and version; /slow answers after 1.5 s; POST bodies come back; SIGTERM finishes what is open.
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

const { PORT = '3000', LONGSHORE_TASK = 'nobody', VERSION = '1', MODE = 'good' } = process.env
if (MODE === 'exits') {
  console.error("TypeError: Cannot read properties of undefined (reading 'url')")
  process.exit(1)
}
if (process.env.STARTS_FILE && process.env.LONGSHORE_TASK_ID) appendFileSync(process.env.STARTS_FILE, `${process.env.LONGSHORE_TASK_ID}\n`)
const server = createServer((request, response) => {
  const chunks = []
  request.on('data', chunk => chunks.push(chunk))
  request.on('end', () => {
    const answer = () =>
      response.end(
        JSON.stringify({ task: LONGSHORE_TASK, version: VERSION, bytes: Buffer.concat(chunks).length, time: process.hrtime()[1] }),
      )
    if (request.url?.startsWith('/slow')) setTimeout(answer, 1_500)
    else answer()
  })
})
if (MODE !== 'deaf') server.listen(Number(PORT), process.env.HOST ?? '0.0.0.0')
else setInterval(() => {}, 1_000)
console.log(`${LONGSHORE_TASK} version ${VERSION} is up`)
process.on('SIGTERM', () => {
  server.close(() => process.exit(0))
  server.closeIdleConnections()
  if (MODE === 'deaf') process.exit(0)
})
