// Signs for tills and apps that must not hold the key: they post the question that posa gives their signer, and get the
// two headers back. What may be signed is decided here, from the very bytes that the signature covers.
//
//     npm install posa fastify
//     node server.mjs
//
// reads POSA_PARTNER_ID, POSA_ID_TAG (that of the tills), POSA_MARKETPLACE, POSA_ENVIRONMENT, POSA_ACCESS_KEY_ID,
// POSA_SECRET_ACCESS_KEY, APP_TOKEN and PORT.
import { createHash, timingSafeEqual } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import Fastify from 'fastify'
import { InvalidInputError, SigningRules, signRequest } from 'posa'

/** The server. `allowed` tells whether the bearer of a token may ask at all. */
export function createServer(rules, allowed) {
  const app = Fastify({ logger: false, bodyLimit: 16 * 1024 })
  // The question is signed as it came, so it is not parsed here.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  app.post('/sign', async (request, reply) => {
    if (!allowed(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '')) {
      return reply.code(401).send({ error: 'UNAUTHORIZED', message: 'log in first' })
    }
    try {
      const signed = await signRequest(request.body ?? '', rules)
      // For the server's own record: printed, a card is its last four digits.
      request.log.info({ signed })
      return reply.type('application/json').send(signed.answer)
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      return reply.code(403).send({ error: error.code, field: error.field, message: error.message })
    }
  })
  return app
}

/** Compares without telling by its time how much of a token was right. */
function sameToken(expected) {
  const hash = (text) => createHash('sha256').update(text).digest()
  return (token) => timingSafeEqual(hash(token), hash(expected))
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { POSA_PARTNER_ID, POSA_ID_TAG, POSA_MARKETPLACE, POSA_ENVIRONMENT, APP_TOKEN } = process.env
  if (!APP_TOKEN) throw new Error('APP_TOKEN is not set; anybody could have their sales signed')
  const rules = new SigningRules({
    partnerId: POSA_PARTNER_ID,
    idTag: POSA_ID_TAG,
    marketplace: POSA_MARKETPLACE,
    environment: POSA_ENVIRONMENT,
    credentials: {
      accessKeyId: process.env.POSA_ACCESS_KEY_ID,
      secretAccessKey: process.env.POSA_SECRET_ACCESS_KEY,
    },
    limits: { USD: '200.00' },
  })
  console.log(await createServer(rules, sameToken(APP_TOKEN)).listen({ port: Number(process.env.PORT ?? 8081) }))
}
