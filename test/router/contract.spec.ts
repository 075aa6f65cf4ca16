import type { ServerResponse } from 'node:http'
import { type ContractTask, routerContract } from '../contracts/router-contract.ts'
import { ask, closeAll, freePort, front, httpTarget, startRouter } from './servers.ts'

routerContract('home', async () => ({
  router: startRouter({ waitMs: 200 }),
  patienceMs: 5_000,
  front: async () => front(await freePort()),
  task,
  ask: (to, path) => ask(to.published, { path }).then(({ status, body }) => ({ status, body })),
  close: closeAll,
}))

async function task(id: string): Promise<ContractTask> {
  const held: ServerResponse[] = []
  const { target } = await httpTarget(id, (request, response) => {
    if (request.url === '/hold') held.push(response)
    else response.end(id)
  })
  return {
    target,
    held: () => held.length,
    finish: () => {
      for (const response of held.splice(0)) response.end(id)
    },
  }
}
