import { parentPort, workerData } from 'node:worker_threads'
import { Client } from './client.ts'
import { timed } from './figure.ts'

/** A program of its own that uses the API: on a thread of its own, since what a client does is no work of the host's. */
export type Asked = { readonly path: string; readonly body: unknown }
export type ClientData = { readonly url: string; readonly folder: string }

const { url, folder } = workerData as ClientData
const client = new Client(url, folder)

/** Answers the milliseconds that the request took, from before it was written until its answer was read. */
parentPort!.on('message', async ({ path, body }: Asked) => parentPort!.postMessage(await timed(() => client.call('POST', path, body))))
