// A program that `tsc --strict` accepts, but for the lines that expect an error.
import {
  AbortError,
  Client,
  type ClientOptions,
  type ErrorCode,
  type ErrorReason,
  type HistoryEntry,
  NothingChangedError,
  OutcomeUnknownError,
  PosaError,
  type PosaEvent,
  type Receipt,
  type Row,
  SigningRules,
  signRequest,
  type Transaction,
  typedAmount,
} from 'posa'
import { Sandbox } from 'posa/testing'

export async function sell(options: ClientOptions): Promise<Receipt> {
  const client = new Client({ ...options, onEvent: listen, rateLimit: null })
  try {
    const sale = { cardNumber: '1400000005567585358', amount: '25.00', currency: 'USD' }
    const receipt = await client.activate(sale, { signal: AbortSignal.timeout(1), deadline: 1, attempts: 2 })
    const minor: bigint | undefined = receipt.amountMinor
    const expires: Date | undefined = receipt.expiresAt
    await client.status(receipt)
    await client.deactivate(receipt)
    // @ts-expect-error A number is no amount.
    await client.activate({ ...sale, amount: 25 })
    // @ts-expect-error Nor a card number.
    await client.activate({ ...sale, cardNumber: 1400000005567585 })
    // @ts-expect-error A receipt cannot be changed.
    receipt.requestId = `${minor}${expires}`
    return receipt
  } catch (error) {
    if (error instanceof AbortError) {
      const unknown: OutcomeUnknownError = error
      const why: ErrorReason | undefined = unknown.reason
      console.log(why, unknown.kind satisfies ErrorCode)
    }
    if (error instanceof NothingChangedError) console.log(error.code satisfies 'ABORT_ERR')
    if (error instanceof OutcomeUnknownError) {
      const settled: Transaction = await client.resolve(error)
      const at: Date = settled.startedAt
      throw new Error(settled.state, { cause: at })
    }
    if (error instanceof PosaError) {
      const code: ErrorCode = error.code
      // @ts-expect-error No class has this code.
      if (code === 'UNKNOWN') throw error
    }
    throw error
  } finally {
    await client[Symbol.asyncDispose]()
  }
}

export async function sellAll(client: Client, orders: AsyncIterable<{ card: string }>): Promise<Row[]> {
  async function* sales() {
    for await (const { card } of orders) yield { cardNumber: card, amount: 2500n, currency: 'USD' }
  }
  const rows = client.activateMany('orders', sales(), { concurrency: 4, patience: 60_000 })
  const kept: Row[] = []
  for await (const row of rows) kept.push(row)
  const done: number = rows.progress.done
  const { differences } = await client.reconcile({ since: new Date(0), until: new Date(), register: [] })
  for (const { reason, at } of differences) console.log(reason satisfies string, at?.toISOString(), done)
  for await (const transaction of client.transactions({ open: true })) console.log(transaction.state)
  return kept
}

export async function settle(client: Client): Promise<HistoryEntry[]> {
  const { settled } = await client.recover({ leaveOlderThan: 3_600_000 })
  for await (const sale of client.untold()) await client.acknowledge(sale)
  const amount: string = typedAmount('25,00', 'EUR', { decimalSeparator: ',' })
  const receipt = await client.adopt({ cardNumber: '1400000005567585358', amount, currency: 'EUR' })
  // @ts-expect-error A receipt has no version.
  await client.acknowledge(receipt)
  return client.history(settled[0]?.requestId ?? '')
}

export async function sign(question: string): Promise<string> {
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
  const rules = new SigningRules({
    partnerId: 'Awssb',
    idTag: 'S042',
    marketplace: 'US',
    credentials,
    limits: { USD: '100.00' },
  })
  return (await signRequest(question, rules)).answer
}

export async function withSandbox(): Promise<void> {
  const sandbox = await Sandbox.start({ throttle: null })
  sandbox.inject({ fault: 'late', delayMs: 5, operation: 'ActivateGiftCard' })
  // @ts-expect-error There is no such fault.
  sandbox.inject({ fault: 'explode' })
  await sell({
    ...sandbox.settings,
    journal: 'memory',
    signer: async ({ question }) => JSON.parse(await sign(question)),
  })
  await sandbox.stop()
}

function listen(event: PosaEvent): void {
  if (event.type === 'retrying') console.log(event.after.toFixed(), event.because)
  // @ts-expect-error Only a retry has a pause.
  if (event.type === 'sending') console.log(event.after)
}
