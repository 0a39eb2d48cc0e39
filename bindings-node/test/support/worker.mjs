// A worker that calls without end, until it is terminated.
import { parentPort, workerData } from 'node:worker_threads'
import { Client } from './package.mjs'

const client = new Client({
  ...workerData,
  onEvent: () => {},
  credentials: async () => workerData.credentials,
})

async function sell() {
  for (;;) {
    await client.activate({ cardNumber: '1400000005567585358', amount: '25.00', currency: 'USD' })
    parentPort.postMessage('sold')
  }
}

for (let i = 0; i < 8; i += 1) sell()
