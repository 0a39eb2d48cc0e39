// A till's service: activate a card, ask for its state, give a sale up.
//
//     npm install posa fastify
//     node service.mjs
//
// reads POSA_PARTNER_ID, POSA_MARKETPLACE, POSA_ENVIRONMENT, POSA_JOURNAL, PORT and, for the key, POSA_ACCESS_KEY_ID
// and POSA_SECRET_ACCESS_KEY.
import { pathToFileURL } from 'node:url'
import Fastify from 'fastify'
import { Client, ConflictError, OutcomeUnknownError, PosaError } from 'posa'

/** What a caller can do decides the status: correct it, wait, ask somebody, or try again. */
const STATUS = {
  INVALID_INPUT: 422,
  REJECTED: 422,
  CONFLICT: 409,
  ALREADY_ACTIVATED: 409,
  NEEDS_ATTENTION: 409,
  THROTTLED: 429,
  UNREACHABLE: 503,
  JOURNAL: 503,
}

/** What the till asks for. The amount is text: a JSON number would be a binary float on its way. */
const sale = {
  type: 'object',
  required: ['cardNumber', 'amount', 'currency'],
  additionalProperties: false,
  properties: {
    cardNumber: { type: 'string' },
    amount: { type: 'string' },
    currency: { type: 'string' },
    /** Repeat the one of a 202; leave it out for a new sale. */
    requestId: { type: 'string' },
  },
}

/** The service, with a client of these options. */
export async function createService(options) {
  const client = new Client(options)
  // Fastify would turn a number into text where text is asked for: 25.1 for an amount must be refused instead.
  const app = Fastify({ ajv: { customOptions: { coerceTypes: false } } })
  app.addHook('onClose', () => client.close())
  // What an earlier run of this service left open.
  await client.recover()

  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof PosaError)) {
      const { statusCode = 500, message } = error
      return reply.code(statusCode).send({ error: 'REQUEST', message: statusCode < 500 ? message : 'internal error' })
    }
    // 202: not refused, not done. The till calls again with this request id.
    const status = error instanceof OutcomeUnknownError ? 202 : (STATUS[error.code] ?? 502)
    const { code, message, requestId } = error
    return reply.code(status).send({ error: code, message, requestId })
  })

  app.post('/sales', { schema: { body: sale } }, async ({ body }, reply) => {
    const { requestId, card, cardStatus } = await client.activate(body)
    return reply.code(201).send({ requestId, card, status: cardStatus })
  })

  app.get('/sales/:requestId', async ({ params }) => {
    const sold = await known(client, params.requestId)
    const { requestId, card, cardStatus } = await client.status(sold)
    return { requestId, card, status: cardStatus }
  })

  app.delete('/sales/:requestId', async ({ params }) => {
    const { requestId, card, state } = await client.void(params.requestId)
    return { requestId, card, status: state }
  })

  return app
}

async function known(client, requestId) {
  const sold = await client.transaction(requestId)
  if (sold !== undefined) return sold
  throw new ConflictError(`there is no sale with request id ${requestId}`, { delivery: 'not_sent', requestId })
}

function optionsOfTheEnvironment() {
  const { POSA_PARTNER_ID, POSA_MARKETPLACE, POSA_ENVIRONMENT = 'sandbox', POSA_JOURNAL = 'posa.db' } = process.env
  return {
    partnerId: POSA_PARTNER_ID,
    marketplace: POSA_MARKETPLACE,
    environment: POSA_ENVIRONMENT,
    journal: POSA_JOURNAL,
    credentials: 'environment',
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const app = await createService(optionsOfTheEnvironment())
  console.log(await app.listen({ port: Number(process.env.PORT ?? 8080) }))
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close())
}
