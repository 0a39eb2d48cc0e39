// A process that sells one card and says how far it is. Its argument is JSON: { settings, sale, then }.
import { Client } from './package.mjs'

const { settings, sale, after } = JSON.parse(process.argv[2])
const client = new Client({ rateLimit: null, ...settings })

if (after === 'exit') {
  client.activate(sale)
  // The gateway has the request and never answers; the parent says when.
  process.stdin.once('data', () => process.exit(7))
} else {
  const receipt = await client.activate(sale)
  if (after === 'close') await client.close()
  // The pipes to the parent are not ours.
  const active = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap')
  console.log(JSON.stringify({ receipt, active }))
}
