// A gateway that answers as it is told, for answers that the sandbox never gives.
import { once } from 'node:events'
import { createServer } from 'node:http'

/** `answer(request, body)` gives `{ status, type, body }`, a promise of it, or nothing to never answer. */
export async function startGateway(t, answer) {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const told = await answer(request, body)
    if (told === undefined) return
    response.sendDate = false
    response.writeHead(told.status, { 'content-type': told.type ?? 'application/json' })
    response.end(told.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  t.after(stop)
  return {
    stop,
    server,
    settings: {
      partnerId: 'Awssb',
      endpoint: `http://127.0.0.1:${server.address().port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'GATEWAYKEY', secretAccessKey: 'gateway-secret' },
      journal: 'none',
      rateLimit: null,
      retryBase: 1,
      retryCap: 10,
    },
  }
}

/** What the service answers to an activation that it carries out. */
export function activated(body) {
  const { activationRequestId, cardNumber, value } = JSON.parse(body)
  const cardInfo = { cardNumber, cardStatus: 'Activated', expirationDate: null, value }
  return { status: 200, body: JSON.stringify({ activationRequestId, cardInfo, status: 'SUCCESS' }) }
}

/** A gateway that carries activations out, and answers no sooner than `answer` is called. */
export async function startHeldGateway(t) {
  const ids = []
  const [arrived, arrive] = signalled()
  const [answered, answer] = signalled()
  const gateway = await startGateway(t, async (_, body) => {
    ids.push(JSON.parse(body).activationRequestId)
    arrive()
    await answered
    return activated(body)
  })
  return { ...gateway, ids, arrived, answer }
}

/** A promise, and what fulfils it. */
export function signalled() {
  let signal
  const promise = new Promise((resolve) => (signal = resolve))
  return [promise, signal]
}
