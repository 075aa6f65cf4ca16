// Probed by HTTP (3000), TCP (3001 ready, 3002 live) and gRPC (3003); what each shows is in the files `ready` and `live`: ok, fail, hang or flap; no file is fail.
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createHttp2 } from 'node:http2'
import { createServer as createTcp } from 'node:net'

const { STATE, LONGSHORE_TASK_ID } = process.env
const folder = `${STATE}/${LONGSHORE_TASK_ID}`
mkdirSync(folder, { recursive: true })
const port = number => Number(process.env[`PORT_${number}`] ?? number)
const said = name => {
  try {
    return readFileSync(`${folder}/${name}`, 'utf8').trim()
  } catch {
    return 'fail'
  }
}
const turns = {}
/** Undefined for no answer at all. */
const shows = name => {
  const word = said(name)
  if (word === 'hang') return undefined
  if (word !== 'flap') return word === 'ok'
  turns[name] = !turns[name]
  return turns[name]
}

createServer(({ url }, answer) => {
  const name = url.slice(1)
  const shown = name === 'ready' || name === 'live' ? shows(name) : true
  if (shown === undefined) return
  answer.statusCode = shown ? 200 : 503
  answer.end()
}).listen(port(3000))

const grpc = createHttp2()
grpc.on('stream', stream => {
  const chunks = []
  stream.on('error', () => {})
  stream.on('data', chunk => chunks.push(chunk))
  stream.on('end', () => {
    const shown = shows(Buffer.concat(chunks).subarray(7).toString())
    if (shown === undefined) return
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(Buffer.from([0, 0, 0, 0, 2, 8, shown ? 1 : 2]))
  })
})
grpc.listen(port(3003))

// A connection is taken whether or not its program does anything: who hangs keeps it open.
for (const [name, number] of Object.entries({ ready: 3001, live: 3002 }))
  createTcp(socket => {
    socket.on('error', () => {})
    socket.resume()
    if (shows(name) === false) socket.destroy()
  }).listen(port(number))

process.on('SIGTERM', () => process.exit(0))
