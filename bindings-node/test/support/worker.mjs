// A worker that sells without end, 8 cards at a time, until it is terminated.
import { parentPort, workerData } from 'node:worker_threads'
import { Client } from './package.mjs'

const { name, settings, marks } = workerData
const client = new Client({
  ...settings,
  onEvent: () => {},
  credentials: async () => settings.credentials,
})

let last = 0

async function sell() {
  for (;;) {
    last += 1
    const number = last
    const cardNumber = `1400${String(number).padStart(12, '0')}`
    await client.activate({ cardNumber, amount: '25.00', currency: 'USD', requestId: `${name}${number}` })
    Atomics.store(marks, number, 1)
    if (number === 1) parentPort.postMessage('sold')
  }
}

for (let i = 0; i < 8; i += 1) sell()
