import { Rows, type Sales } from './batch.js'
import { calls, type Functions, message, type WaitOptions } from './calls.js'
import { errorFrom, type PosaError } from './errors.js'
import type { FilterInput, NativeClient, Report as ToldReport, Sale as ToldSale } from './generated.js'
import { type Receipt, receipt, type ToldReceipt, type Transaction, transaction } from './models.js'
import { native } from './native.js'
import { type ClientOptions, convert, type Overrides, own } from './options.js'
import { type ReconcileOptions, type Report, reconcileValues, report } from './reconcile.js'
import { cardValues, idOf, type Named, type Sale, type SoldCard, saleValues } from './sale.js'
import { flag, members, text, time, whole } from './values.js'

/** How to call, in place of what the client has. */
export interface CallOptions extends WaitOptions, Overrides {}

/** Which sales to list. */
export interface TransactionFilter extends WaitOptions {
  /** Only those that still need an answer. */
  readonly open?: boolean | undefined
  /** Only those begun at this time or later. */
  readonly since?: Date | undefined
  /** Only those begun before this time. */
  readonly until?: Date | undefined
}

/** How to recover. */
export interface RecoverOptions extends WaitOptions {
  /** Give up sales whose activation has no outcome and reverse them, instead of completing them. */
  readonly void?: boolean | undefined
  /** How many sales at a time; 16 by default. The rate limit holds for all together. */
  readonly concurrency?: number | undefined
}

/** What a recovery did. */
export interface Recovered {
  /** Sales that have their outcome now. */
  readonly settled: readonly Transaction[]
  /** Sales that still have none, and what stood in the way. */
  readonly open: readonly { readonly requestId: string; readonly error: PosaError }[]
  /** Rows of the journal that cannot be read, a line each. Their sales were left alone: a person has to look. */
  readonly damaged: readonly string[]
}

/** How a batch runs. */
export interface BatchOptions extends WaitOptions {
  /** How many sales are under way or wait to be read; 16 by default. The rate limit holds for all together. */
  readonly concurrency?: number | undefined
}

const PAGE = 256
const callMembers = new Set(['signal', 'deadline', 'attemptTimeout', 'attempts'])

/** Functions hold no client, so that one that is forgotten can be collected; its functions then go as well. */
const forgotten = new FinalizationRegistry<number>((name) => calls.forget(name))

/**
 * Activates, deactivates and checks gift cards for one partner at one gateway.
 *
 * An operation that was begun is finished and recorded, whether or not somebody waits for it. It keeps the process
 * until then; a client without operations does not.
 */
export class Client {
  readonly #native: NativeClient
  readonly #functions: Functions
  readonly #name = calls.name()
  #closing: Promise<unknown> | undefined

  /**
   * Sets a client up. Nothing is opened or sent: the first operation opens the journal.
   *
   * @throws {TypeError} an option of another type, or one that does not exist.
   * @throws {ConfigurationError | InvalidInputError} an option that cannot work; its `field` names it.
   */
  constructor(options: ClientOptions) {
    const { options: converted, place, functions, limit } = convert(options, this.#name)
    const made = native.connect(calls.mailbox, converted, place, limit)
    if ('kind' in made) throw errorFrom(made)
    this.#native = made
    this.#functions = functions
    if (functions.answer !== undefined || functions.onEvent !== undefined) {
      calls.register(this.#name, functions)
      forgotten.register(this, this.#name, this)
    }
  }

  /**
   * Puts a card into the active state (specification, "ActivateGiftCard"). With an id that the journal has as
   * activated, returns that receipt and sends nothing.
   *
   * @throws {OutcomeUnknownError} nothing settled it before the deadline: call again with the error's `requestId`.
   * @throws {PosaError} of any other class: the card is not active by this sale.
   * @throws {TypeError} a value of another type, such as a number for an amount.
   */
  async activate(sale: Sale, options?: CallOptions): Promise<Receipt> {
    const values = saleValues(sale)
    const times = overrides(options)
    // Whoever stops waiting needs the id afterwards, so it is chosen before the call.
    if (options?.signal !== undefined) values[4] ??= this.newRequestId()
    return this.#receipt((call) => this.#native.activate(call, ...values, times), options, values[4])
  }

  /**
   * Puts a card back into the inactive state (specification, "DeactivateGiftCard").
   *
   * @param card the receipt of its activation, or the request id and the card number.
   * @throws {ConflictError} the journal does not say that this id activated this card.
   * @throws {OutcomeUnknownError} nothing settled it before the deadline: call again.
   */
  async deactivate(card: SoldCard, options?: CallOptions): Promise<Receipt> {
    const values = cardValues(card)
    const times = overrides(options)
    return this.#receipt((call) => this.#native.deactivate(call, ...values, times), options, values[1])
  }

  /**
   * Asks for a card's state (specification, "ActivationStatusCheck"). Changes nothing. `Activated` does not prove that
   * this id activated it; the journal, or the same activation again, does.
   *
   * @throws {OutcomeUnknownError} no answer came before the deadline.
   */
  async status(card: SoldCard, options?: CallOptions): Promise<Receipt> {
    const values = cardValues(card)
    const times = overrides(options)
    return this.#receipt((call) => this.#native.status(call, ...values, times), options, values[1])
  }

  /**
   * Settles one sale with the id it has: activates again, or goes on with its reversal. A sale that has its outcome is
   * returned as it is. One that this client was not asked for in the last 32 minutes is looked at first: if its card is
   * not active and nothing that was sent can still arrive, it is closed as rejected.
   *
   * @throws {OutcomeUnknownError} it still has no outcome.
   * @throws {NeedsAttentionError} its reversal was refused or tried too often.
   * @throws {ConflictError} somebody works on it, or the journal does not know it.
   */
  async resolve(sale: Named, options?: WaitOptions): Promise<Transaction> {
    const id = idOf(sale)
    return transaction((await this.#run((call) => this.#native.resolve(call, id), options, id)).sale as ToldSale)
  }

  /**
   * Gives up a sale, whatever became of its activation: the card is deactivated with the sale's own id, and `recover`
   * goes on with it until the gateway confirms.
   *
   * @throws {OutcomeUnknownError} the reversal goes on.
   * @throws {NeedsAttentionError | ConflictError} as for `resolve`.
   */
  async void(sale: Named, options?: WaitOptions): Promise<Transaction> {
    const id = idOf(sale)
    return transaction((await this.#run((call) => this.#native.void(call, id), options, id)).sale as ToldSale)
  }

  /**
   * Settles every sale without an outcome that nobody works on. Call it at start-up, and from time to time. It ends once
   * nobody answers, or once the client is closed: sales that were not tried are in `open` and say so.
   *
   * @throws {JournalError} the journal cannot be read. What stands in the way of a single sale is in `open`.
   */
  async recover(options: RecoverOptions = {}): Promise<Recovered> {
    const given = members('options', options, new Set(['void', 'concurrency', 'signal']))
    const giveUp = flag('void', given['void']) ?? false
    const concurrency = whole('concurrency', given['concurrency'])
    const { recovered } = await this.#run((call) => this.#native.recover(call, giveUp, concurrency), options)
    return {
      settled: (recovered?.settled ?? []).map(transaction),
      open: (recovered?.open ?? []).map(({ requestId, error }) => ({ requestId, error: errorFrom(error) })),
      damaged: recovered?.damaged ?? [],
    }
  }

  /**
   * What the journal has of a sale.
   *
   * @throws {JournalError} it cannot be read.
   */
  async transaction(sale: Named, options?: WaitOptions): Promise<Transaction | undefined> {
    const id = idOf(sale)
    const { sale: told } = await this.#run((call) => this.#native.transaction(call, id), options, id)
    return told === undefined ? undefined : transaction(told)
  }

  /**
   * The journal's sales that match, oldest first, read page by page: `for await (const sale of client.transactions())`.
   *
   * @throws {JournalError} the journal cannot be read.
   */
  async *transactions(filter: TransactionFilter = {}): AsyncGenerator<Transaction, void, undefined> {
    const given = members('filter', filter, new Set(['open', 'since', 'until', 'signal']))
    const input: FilterInput = { open: flag('open', given['open']) ?? false, limit: PAGE }
    if (given['since'] !== undefined) input.since = time('since', given['since'])
    if (given['until'] !== undefined) input.until = time('until', given['until'])
    for (;;) {
      const { sales = [] } = await this.#run((call) => this.#native.transactions(call, input), filter)
      yield* sales.map(transaction)
      const last = sales.at(-1)
      if (last === undefined || sales.length < PAGE) return
      input.afterAt = last.startedAt
      input.afterId = last.requestId
    }
  }

  /**
   * Activates many sales, a bounded number at a time; run again under the same name, it charges nothing twice. A sale
   * without a request id gets one from the batch's name, its card and its amount. What the journal has as activated is
   * answered without a request; what has no outcome is repeated with its id.
   *
   * @param name names the batch for good. Another batch has another name.
   * @param sales read one at a time, as a place comes free.
   * @returns the rows, in the order in which they end, and the batch's `progress`.
   * @throws {PosaError} the client is closed, or `concurrency` is 0. What is wrong with a sale is in its row.
   */
  activateMany(name: string, sales: Sales, options: BatchOptions = {}): Rows {
    const given = members('options', options, new Set(['concurrency', 'signal']))
    const concurrency = whole('concurrency', given['concurrency']) ?? 16
    return new Rows(this.#native, text('name', name), sales, concurrency, options.signal)
  }

  /**
   * Compares the journal's sales of a period with the gateway, by a status check for each that has its outcome, and
   * with the register's sales, where they are given. Changes nothing.
   *
   * @throws {JournalError} the journal cannot be read. A gateway that cannot be asked is a difference of each sale.
   * @throws {InvalidInputError} the period ends before it begins, or a line of the register cannot be used.
   */
  async reconcile(options: ReconcileOptions): Promise<Report> {
    const values = reconcileValues(options)
    return report((await this.#run((call) => this.#native.reconcile(call, ...values), options)).report as ToldReport)
  }

  /** A new request id of this partner's, for callers who record it before they call. */
  newRequestId(): string {
    const made = this.#native.newRequestId()
    if (typeof made !== 'string') throw errorFrom(made)
    return made
  }

  /**
   * Copies the journal to a new file while sales go on. The copy is whole by itself: nothing lies beside it.
   *
   * @param path a file that does not exist yet, in a folder that does.
   * @throws {JournalError} the file exists or cannot be written, or the journal is no file.
   */
  async backup(path: string, options?: WaitOptions): Promise<void> {
    const to = text('path', path)
    await this.#run((call) => this.#native.backup(call, to), options)
  }

  /**
   * Takes no further operations, waits for those under way, and closes the journal: a SQLite file is whole by itself
   * then. Close a client before its file is copied or moved.
   */
  async close(): Promise<void> {
    this.#closing ??= calls.run((call) => this.#native.close(call))
    await this.#closing
    forgotten.unregister(this)
    calls.forget(this.#name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #receipt(begin: (call: number) => void, options?: WaitOptions, requestId?: string): Promise<Receipt> {
    return receipt((await calls.run(begin, this.#functions, options?.signal, requestId)) as ToldReceipt)
  }

  async #run(begin: (call: number) => void, options?: WaitOptions, requestId?: string) {
    return message(await calls.run(begin, this.#functions, options?.signal, requestId))
  }
}

/** Checks the options of a call, too. */
function overrides(options: CallOptions | undefined) {
  if (options === undefined) return undefined
  members('options', options, callMembers)
  return own(options)
}
