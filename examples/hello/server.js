// Says which task answers. On SIGTERM it takes nothing new, finishes what it has, and ends.
import { createServer } from 'node:http'

const { PORT = '3000', HOST = '0.0.0.0', GREETING = 'Hello', LONGSHORE_TASK = 'nobody' } = process.env

const server = createServer((_request, response) => {
  response.setHeader('content-type', 'text/plain')
  response.end(`${GREETING} from ${LONGSHORE_TASK}\n`)
})

server.listen(Number(PORT), HOST, () => console.log(`${LONGSHORE_TASK} listens on ${PORT}`))

process.on('SIGTERM', () => {
  server.close(() => process.exit(0))
  server.closeIdleConnections()
})
