/** Many sales at once, each charged once however often the batch is run. */

import { calls, message } from './calls.js'
import { errorFrom } from './errors.js'
import type { NativeBatch, NativeClient, Progress as ToldProgress } from './generated.js'
import { type Row, row } from './models.js'
import { type Sale, saleValues } from './sale.js'

/** How far a batch has come. What was started and is none of the others is under way. */
export interface Progress extends Readonly<ToldProgress> {}

/** The sales of a batch: read one at a time, as a place comes free. */
export type Sales = Iterable<Sale> | AsyncIterable<Sale>

/**
 * The rows of a batch, in the order in which they end, for `for await`. Nothing is started before the first one is
 * asked for. Leaving the loop early starts nothing more; sales under way go on, and the journal keeps what comes of
 * them.
 */
export class Rows implements AsyncIterableIterator<Row> {
  readonly #batch: NativeBatch
  readonly #sales: Sales
  readonly #signal: AbortSignal | undefined
  #feeding: Promise<{ failure?: unknown }> | undefined
  #left = false

  /** @internal */
  constructor(client: NativeClient, name: string, sales: Sales, concurrency: number, signal: AbortSignal | undefined) {
    const batch = client.batch(name, concurrency)
    if ('kind' in batch) throw errorFrom(batch)
    this.#batch = batch
    this.#sales = sales
    this.#signal = signal
  }

  /** How far it has come. */
  get progress(): Progress {
    return this.#batch.progress()
  }

  async next(): Promise<IteratorResult<Row, undefined>> {
    if (this.#left) return { done: true, value: undefined }
    try {
      this.#feeding ??= this.#feed()
      const { row: told } = message(await calls.run((call) => this.#batch.next(call), undefined, this.#signal))
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
      while (message(await calls.run((call) => this.#batch.next(call))).row !== undefined);
    } catch {
      // The runtime is gone, and with it everything that was under way.
    }
  }
}
