// The same types for a CommonJS program.
import { Client, type Receipt } from 'posa'

import testing = require('posa/testing')

export async function sell(cardNumber: string): Promise<Receipt> {
  const sandbox: testing.Sandbox = await testing.Sandbox.start()
  const client = new Client({ ...sandbox.settings, journal: 'none' })
  return client.activate({ cardNumber, amount: '25.00', currency: 'USD' })
}
