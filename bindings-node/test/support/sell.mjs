// A process that sells one card and says how far it is. Its argument is JSON: { settings, sale, after }.
import { Client } from './package.mjs'

const { settings, sale, after } = JSON.parse(process.argv[2])
const controller = new AbortController()
const onEvent = ({ type }) => {
  if (after === 'abort' && type === 'sending') controller.abort()
}
const client = new Client({ rateLimit: null, ...settings, onEvent })

if (after === 'exit') {
  client.activate(sale)
  // The gateway has the request and never answers; the parent says when.
  process.stdin.once('data', () => process.exit(7))
} else if (after === 'abort') {
  const error = await client.activate(sale, { signal: controller.signal }).catch((error) => error)
  console.log(JSON.stringify(error))
} else {
  const receipt = await client.activate(sale)
  if (after === 'close') await client.close()
  // What is due at once keeps nothing, and the pipes to the parent are not ours.
  await new Promise(setImmediate)
  const active = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap')
  console.log(JSON.stringify({ receipt, active }))
}
