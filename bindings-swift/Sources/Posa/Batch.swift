internal import Foundation
internal import PosaFFI

extension Client {
    /// Activates many sales, a bounded number at a time; run again under the same name, it charges nothing twice.
    ///
    /// A sale without a request id gets one from the batch's name, its card and its amount. What the journal has as
    /// activated is answered without a request; what has no outcome is repeated with its id.
    ///
    /// - Parameters:
    ///   - name: Names the batch for good. Another batch has another name.
    ///   - sales: Read one at a time, as a place comes free.
    ///   - concurrency: How many are under way or wait to be read; the rate limit holds for all together.
    ///   - patience: How long it waits for a gateway that cannot be reached, answers nothing or throttles. After that the
    ///     sales that are left end as not sent, without a try.
    /// - Returns: The rows, in the order in which they end.
    /// - Throws: ``PosaError``: the client is closed, or `concurrency` is 0. What is wrong with a sale is in its row.
    public func activateMany<Sales: Sequence & Sendable>(
        _ name: String, _ sales: Sales, concurrency: Int = 16, patience: Duration = .seconds(600)
    ) throws -> Rows where Sales.Element == Sale {
        try rows(name, concurrency, patience) { push in
            for sale in sales {
                try await push(sale)
            }
        }
    }

    /// As ``activateMany(_:_:concurrency:patience:)``, of sales that come one after the other. If reading them
    /// throws, so does reading the rows, after the last row.
    public func activateMany<Sales: AsyncSequence & Sendable>(
        _ name: String, arriving sales: Sales, concurrency: Int = 16, patience: Duration = .seconds(600)
    ) throws -> Rows where Sales.Element == Sale {
        try rows(name, concurrency, patience) { push in
            for try await sale in sales {
                try await push(sale)
            }
        }
    }

    private func rows(
        _ name: String, _ concurrency: Int, _ patience: Duration, read: @escaping Feeder.Reading
    ) throws -> Rows {
        let batch = try checked {
            try core.batch(
                name: name, concurrency: UInt32(clamping: concurrency), patience: patience.milliseconds)
        }
        return Rows(feeder: Feeder(batch, read))
    }
}

/// The rows of a batch, in the order in which they end. Nothing runs before they are read.
///
/// To stop early, just read no further: nothing more is started, and sales under way go on.
public struct Rows: AsyncSequence, Sendable {
    /// How far a batch has come. What was started and is none of the others is under way.
    public struct Progress: Hashable, Sendable {
        /// Sales taken.
        public let started: Int
        /// Sales with a receipt.
        public let done: Int
        /// Sales that are wrong, or were refused.
        public let rejected: Int
        /// Sales of which nothing was sent, for no fault of their own: run the batch again.
        public let notSent: Int
        /// Sales whose outcome is not known.
        public let unknown: Int
    }

    let feeder: Feeder

    /// How far it has come.
    public var progress: Progress {
        let counts = feeder.batch.progress()
        return Progress(
            started: Int(counts.started), done: Int(counts.done), rejected: Int(counts.rejected),
            notSent: Int(counts.notSent), unknown: Int(counts.unknown))
    }

    /// Begins to read. All readings share the rows: each row is read once.
    public func makeAsyncIterator() -> Iterator {
        feeder.start()
        return Iterator(feeder: feeder)
    }

    /// Reads the rows.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        let feeder: Feeder

        /// The next row; `nil` after the last one.
        ///
        /// - Throws: `CancellationError` if the task is cancelled, which loses no row; what reading the sales threw.
        public func next() async throws -> Row? {
            let batch = feeder.batch
            if let row = try await answered({ wait in try await batch.next(wait: wait) }) {
                return try Row(row)
            }
            try feeder.end()
            return nil
        }
    }
}

/// What came of one sale of a batch.
public struct Row: Hashable, Sendable {
    /// The sale's place in the batch, from 0.
    public let index: Int
    /// The id of the sale; `nil` only if a value was wrong.
    public let requestId: String?
    /// The card; prints its last four digits. `nil` only if a value was wrong.
    public let cardNumber: CardNumber?
    /// The amount; `nil` only if a value was wrong.
    public let amount: Amount?
    /// The receipt, with 0 attempts if the journal knew it; or why there is none. An
    /// ``PosaError/outcomeUnknown(_:)`` is settled by running the batch again, or by ``Client/recover(void:voidOlderThan:leaveOlderThan:concurrency:)``.
    public let outcome: Result<Receipt, PosaError>

    init(_ row: BatchRow) throws {
        index = Int(row.index)
        requestId = row.requestId
        cardNumber = row.card.map(CardNumber.init)
        amount = try row.amount.map { try Amount(recorded: $0.decimal, currency: $0.currency) }
        if let error = row.error {
            outcome = .failure(PosaError(error))
        } else {
            outcome = .success(try Receipt(try row.receipt.orDefect()))
        }
    }
}

/// Feeds a batch in a task of its own, which ends when nobody holds the rows any more.
final class Feeder: @unchecked Sendable {
    typealias Reading = @Sendable (_ push: @Sendable (Sale) async throws -> Void) async throws -> Void

    let batch: Batch
    private let read: Reading
    private let lock = NSLock()
    private var task: Task<Void, any Error>?
    private let failure = Failed()

    init(_ batch: Batch, _ read: @escaping Reading) {
        self.batch = batch
        self.read = read
    }

    deinit {
        task?.cancel()
    }

    func start() {
        lock.withLock {
            guard task == nil else { return }
            task = Task { [batch, read, failure] in
                defer { batch.finish() }
                do {
                    try await read { sale in
                        try await answered { wait in try await batch.push(sale: sale.native, wait: wait) }
                    }
                } catch {
                    failure.note(error)
                }
            }
        }
    }

    /// Throws what ended the reading of the sales before its time.
    func end() throws {
        try failure.rethrow()
    }

    private final class Failed: @unchecked Sendable {
        private let lock = NSLock()
        private var error: (any Error)?

        func note(_ error: any Error) {
            lock.withLock { self.error = error }
        }

        func rethrow() throws {
            if let error = lock.withLock({ self.error }) { throw error }
        }
    }
}
