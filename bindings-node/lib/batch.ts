/** Many sales at once, each charged once however often the batch is run. */

import { type About, checkSignal, rereading, reselling, type WaitOptions } from './abort.js'
import type { Calling } from './calling.js'
import { type Caller, calls, message } from './calls.js'
import { errorFrom } from './errors.js'
import type { NativeBatch, Progress as ToldProgress } from './generated.js'
import { type Row, row } from './models.js'
import { type Sale, saleValues } from './sale.js'
import { members, text, whole } from './values.js'

/** How a batch runs. */
export interface BatchOptions extends WaitOptions {
  /** How many sales are under way or wait to be read; 16 by default. The rate limit holds for all together. */
  readonly concurrency?: number | undefined
  /**
   * How long it waits, in milliseconds, for a gateway that cannot be reached, answers nothing or throttles; 600,000 by default.
   * After that the sales that are left end as not sent, without a try.
   */
  readonly patience?: number | undefined
}

const optionMembers = new Set(['concurrency', 'patience', 'signal'])

/** How far a batch has come. What was started and is none of the others is under way. */
export interface Progress extends Readonly<ToldProgress> {}

/** The sales of a batch: read one at a time, as a place comes free. */
export type Sales = Iterable<Sale> | AsyncIterable<Sale>

/**
 * The rows of a batch, in the order in which they end, for `for await`. Nothing is started before the first one is
 * asked for. Leaving the loop early starts nothing more; sales under way go on, and the journal keeps what comes of
 * them, as untold.
 */
export class Rows implements AsyncIterableIterator<Row> {
  readonly #batch: NativeBatch
  readonly #sales: Sales
  readonly #caller: (about: About) => Caller | undefined
  #feeding: Promise<{ failure?: unknown }> | undefined
  #left = false

  /** @internal */
  constructor(calling: Calling, name: string, sales: Sales, options: BatchOptions) {
    const given = members('options', options, optionMembers)
    const concurrency = whole('concurrency', given['concurrency']) ?? 16
    const batch = calling.native.batch(text('name', name), concurrency, whole('patience', given['patience']))
    if ('kind' in batch) throw errorFrom(batch)
    this.#batch = batch
    this.#sales = sales
    this.#caller = (about) => calling.caller(options, about)
  }

  /** How far it has come. */
  get progress(): Progress {
    return this.#batch.progress()
  }

  async next(): Promise<IteratorResult<Row, undefined>> {
    if (this.#left) return { done: true, value: undefined }
    try {
      const caller = this.#caller(this.#feeding === undefined ? reselling : rereading)
      if (caller !== undefined) checkSignal(caller.signal, caller.about)
      this.#feeding ??= this.#feed()
      const { row: told } = message(await calls.run((call) => this.#batch.next(call), undefined, caller))
      if (told !== undefined) return { done: false, value: row(told) }
      // What went wrong with the source is heard after the rows of the sales before it.
      const { failure } = await this.#feeding
      if (failure !== undefined) throw failure
    } catch (failure) {
      this.#leave()
      throw failure
    }
    this.#left = true
    return { done: true, value: undefined }
  }

  /** Starts nothing more. */
  async return(): Promise<IteratorResult<Row, undefined>> {
    this.#leave()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave()
  }

  /** Reads the source to its end, and returns what went wrong with it. */
  async #feed(): Promise<{ failure?: unknown }> {
    try {
      for await (const sale of this.#sales) {
        if (this.#left) break
        const values = saleValues(sale)
        await calls.idle((call) => this.#batch.push(call, ...values))
      }
      return {}
    } catch (failure) {
      return { failure }
    } finally {
      this.#batch.finish()
    }
  }

  #leave(): void {
    if (this.#left) return
    this.#left = true
    this.#batch.finish()
    if (this.#feeding !== undefined) void this.#finish()
  }

  /** Keeps the process until the sales under way have ended. */
  async #finish(): Promise<void> {
    try {
      await calls.run((call) => this.#batch.leave(call))
    } catch {
      // The runtime is gone, and with it everything that was under way.
    }
  }
}
