import { acknowledging, checking, copying, recovering, selling, type WaitOptions } from './abort.js'
import { type BatchOptions, Rows, type Sales } from './batch.js'
import { Calling } from './calling.js'
import { calls } from './calls.js'
import { errorFrom } from './errors.js'
import type { NativeClient, Recovered as ToldRecovered, Report as ToldReport, Sale as ToldSale } from './generated.js'
import { filterValues, type HistoryEntry, historyEntry, PAGE, type TransactionFilter } from './listing.js'
import { type Receipt, type Transaction, transaction } from './models.js'
import { native } from './native.js'
import { type ClientOptions, convert, type Overrides, own } from './options.js'
import { type ReconcileOptions, type Report, reconcileValues, report } from './reconcile.js'
import { type Recovered, type RecoverOptions, recovered, recoverValues } from './recovery.js'
import {
  cardOf,
  cardValues,
  type HeardSale,
  heardValues,
  idOf,
  type Named,
  type Sale,
  type SoldCard,
  saleValues,
} from './sale.js'
import { members, text } from './values.js'

/** How to call, in place of what the client has. */
export interface CallOptions extends WaitOptions, Overrides {}

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
  readonly #calling: Calling
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
    this.#calling = new Calling(made, functions)
    if (functions.answer !== undefined || functions.onEvent !== undefined) {
      calls.register(this.#name, functions)
      forgotten.register(this, this.#name, this)
    }
  }

  /**
   * Puts a card into the active state (specification, "ActivateGiftCard"). With an id that the journal has as
   * activated, returns that receipt and sends nothing.
   *
   * @throws {OutcomeUnknownError} nothing settled it before the deadline, or `signal` came first: call again with the
   * error's `requestId`.
   * @throws {PosaError} of any other class: the card is not active by this sale.
   * @throws {TypeError} a value of another type, such as a number for an amount.
   */
  async activate(sale: Sale, options?: CallOptions): Promise<Receipt> {
    const values = saleValues(sale)
    const times = overrides(options)
    // Whoever stops waiting needs the id afterwards, so it is chosen before the call.
    if (options?.signal?.aborted === false) values[4] ??= this.newRequestId()
    const about = selling(values[4], values[0])
    return this.#calling.receipt((call) => this.#native.activate(call, ...values, times), options, about)
  }

  /**
   * Takes a sale into the journal that was made without it: by another client, or before an older journal was restored.
   * The card has to be active; then the same activation, sent once more, tells whether this id activated it, and charges
   * nothing. From here on it can be returned like any other.
   *
   * @param sale with the `requestId` that the card was activated with.
   * @throws {RejectedError} the card is not active, or was activated for another amount.
   * @throws {AlreadyActivatedError} another id activated it.
   * @throws {InvalidInputError} the `requestId` is missing; else as for `activate`.
   */
  async adopt(sale: Sale, options?: CallOptions): Promise<Receipt> {
    const values = saleValues(sale)
    const times = overrides(options)
    return this.#calling.receipt(
      (call) => this.#native.adopt(call, ...values, times),
      options,
      selling(values[4], values[0]),
    )
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
    const about = selling(values[1], values[0])
    return this.#calling.receipt((call) => this.#native.deactivate(call, ...values, times), options, about)
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
    const about = checking(values[1], values[0])
    return this.#calling.receipt((call) => this.#native.status(call, ...values, times), options, about)
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
    const about = selling(id, cardOf(sale))
    return transaction(
      (await this.#calling.run((call) => this.#native.resolve(call, id), options, about)).sale as ToldSale,
    )
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
    const about = selling(id, cardOf(sale))
    return transaction(
      (await this.#calling.run((call) => this.#native.void(call, id), options, about)).sale as ToldSale,
    )
  }

  /**
   * Settles every sale without an outcome that nobody works on. Call it at start-up, and from time to time. What it settled
   * is untold: show it to somebody, for the customers of sales that were completed may have left. It ends once nobody
   * answers, or once the client is closed: sales that were not tried are in `open` and say so.
   *
   * @throws {JournalError} the journal cannot be read. What stands in the way of a single sale is in `open`.
   * @throws {InvalidInputError} two of `void`, `voidOlderThan` and `leaveOlderThan`; `field` names the second.
   */
  async recover(options: RecoverOptions = {}): Promise<Recovered> {
    const values = recoverValues(options)
    const told = await this.#calling.run((call) => this.#native.recover(call, ...values), options, recovering)
    return recovered(told.recovered as ToldRecovered)
  }

  /**
   * What the journal has of a sale.
   *
   * @throws {JournalError} it cannot be read.
   */
  async transaction(sale: Named, options?: WaitOptions): Promise<Transaction | undefined> {
    const id = idOf(sale)
    const { sale: told } = await this.#calling.run((call) => this.#native.transaction(call, id), options)
    return told === undefined ? undefined : transaction(told)
  }

  /**
   * The journal's sales that match, oldest first, read page by page: `for await (const sale of client.transactions())`.
   *
   * @throws {JournalError} the journal cannot be read.
   */
  async *transactions(filter: TransactionFilter = {}): AsyncGenerator<Transaction, void, undefined> {
    const input = filterValues(filter)
    for (;;) {
      const { sales = [] } = await this.#calling.run((call) => this.#native.transactions(call, input), filter)
      yield* sales.map(transaction)
      const last = sales.at(-1)
      if (last === undefined || sales.length < PAGE) return
      input.afterAt = last.startedAt
      input.afterId = last.requestId
    }
  }

  /**
   * What was done about a sale, in order: what was about to be sent, and what came of it. Empty if the journal does not
   * know it.
   *
   * @throws {JournalError} the journal cannot be read.
   */
  async history(sale: Named, options?: WaitOptions): Promise<HistoryEntry[]> {
    const id = idOf(sale)
    const { steps = [] } = await this.#calling.run((call) => this.#native.history(call, id), options)
    return steps.map(historyEntry)
  }

  /**
   * The sales whose outcome nobody heard, oldest first: the program ended first, the caller stopped waiting, or `recover`
   * settled them. Tell somebody, then `acknowledge` each: `for await (const sale of client.untold())`.
   *
   * @throws {JournalError} the journal cannot be read.
   */
  untold(options: WaitOptions = {}): AsyncGenerator<Transaction, void, undefined> {
    return this.transactions({ ...options, untold: true })
  }

  /**
   * Notes that somebody heard the outcome of this sale, which is not untold from here on. If it has another outcome by
   * now, that one stays untold.
   *
   * @param sale as it was listed.
   * @throws {JournalError} the journal cannot be written.
   */
  async acknowledge(sale: HeardSale, options?: WaitOptions): Promise<void> {
    const [id, version] = heardValues(sale)
    await this.#calling.run((call) => this.#native.acknowledge(call, id, version), options, acknowledging(id))
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
    return new Rows(this.#calling, name, sales, options)
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
    const told = await this.#calling.run((call) => this.#native.reconcile(call, ...values), options)
    return report(told.report as ToldReport)
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
    await this.#calling.run((call) => this.#native.backup(call, to), options, copying)
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
}

/** Checks the options of a call, too. */
function overrides(options: CallOptions | undefined): ReturnType<typeof own> {
  if (options === undefined) return undefined
  members('options', options, callMembers)
  return own(options)
}
