/** How one client calls. */

import { type About, reading, type WaitOptions } from './abort.js'
import { type Caller, calls, type Functions, message } from './calls.js'
import type { Message, NativeClient } from './generated.js'
import { type Receipt, receipt, type ToldReceipt } from './models.js'

/** A client's native side, its functions, and what its callers have left. */
export class Calling {
  /** How often a caller stopped waiting, and whether somebody waits for what these left. */
  #left = 0
  #lingers = false

  constructor(
    readonly native: NativeClient,
    readonly functions: Functions,
  ) {}

  async receipt(begin: (call: number) => void, options: WaitOptions | undefined, about: About): Promise<Receipt> {
    return receipt((await calls.run(begin, this.functions, this.caller(options, about))) as ToldReceipt)
  }

  async run(begin: (call: number) => void, options: WaitOptions | undefined, about = reading): Promise<Message> {
    return message(await calls.run(begin, this.functions, this.caller(options, about)))
  }

  /** One who waits until a signal, if there is one. */
  caller(options: WaitOptions | undefined, about: About): Caller | undefined {
    const signal = options?.signal
    return signal === undefined ? undefined : { signal, about, linger: () => void this.#linger() }
  }

  /** Keeps the process until what callers have left has ended, and the journal has what came of it. */
  async #linger(): Promise<void> {
    this.#left += 1
    if (this.#lingers) return
    this.#lingers = true
    try {
      for (let seen = 0; seen !== this.#left; ) {
        seen = this.#left
        await calls.run((call) => this.native.idle(call))
      }
    } catch {
      // The client is closed, and whoever closed it waits for the same.
    }
    this.#lingers = false
  }
}
