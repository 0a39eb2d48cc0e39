public import Foundation
internal import PosaFFI

/// The journal's sales.
extension Client {
    /// Settles one sale with the id it has: activates again, or goes on with its reversal.
    ///
    /// A sale that has its outcome is returned as it is. One that this client was not asked for in the last 32
    /// minutes is looked at first: if its card is not active and nothing that was sent can still arrive, it is closed as
    /// rejected.
    ///
    /// - Throws: ``PosaError/outcomeUnknown(_:)`` if it still has no outcome or the task was cancelled,
    ///   ``PosaError/needsAttention(_:)`` if its reversal was refused or tried too often, ``PosaError/conflict(_:)`` if
    ///   somebody works on it or the journal does not know it.
    public func resolve(_ requestId: String) async throws -> Transaction {
        try Transaction(
            try await answered { [core] wait in try await core.resolve(requestId: requestId, wait: wait) })
    }

    /// As ``resolve(_:)-(String)``, of the sale that an error is about.
    public func resolve(_ failure: PosaError.Details) async throws -> Transaction {
        try await resolve(failure.requestId ?? "")
    }

    /// Gives up a sale, whatever became of its activation: the card is deactivated with the original id, and
    /// ``recover(void:voidOlderThan:leaveOlderThan:concurrency:)`` goes on with it until the gateway confirms.
    ///
    /// - Throws: ``PosaError/outcomeUnknown(_:)`` if the reversal goes on; otherwise as ``resolve(_:)-(String)``.
    public func void(_ requestId: String) async throws -> Transaction {
        try Transaction(
            try await answered { [core] wait in try await core.void(requestId: requestId, wait: wait) })
    }

    /// As ``void(_:)-(String)``, of the sale that an error is about.
    public func void(_ failure: PosaError.Details) async throws -> Transaction {
        try await void(failure.requestId ?? "")
    }

    /// Settles every sale without an outcome that nobody works on. Call it when the app starts, and from time to time; what
    /// it settled is ``untold()``, for the customers of sales that were completed may have left. It ends once nobody
    /// answers, or once the client is closed: sales that were not tried are among the open ones.
    ///
    /// How long ago a sale was asked for is told by the gateway's date, where an answer has one that can be trusted.
    ///
    /// - Parameters:
    ///   - void: Give up all sales whose activation has no outcome, and reverse whatever became of them, instead of
    ///     completing them.
    ///   - voidOlderThan: Give up those that were asked for longer ago, and complete the others.
    ///   - leaveOlderThan: Leave those that were asked for longer ago as they are, for a person to ``resolve(_:)-(String)`` or
    ///     ``void(_:)-(String)``, and complete the others.
    ///   - concurrency: How many at a time; the rate limit holds for all together.
    /// - Returns: The sales that have their outcome now, and those that still have none with what stood in the way.
    /// - Throws: ``PosaError/journal(_:)`` if the journal cannot be read; ``PosaError/invalidInput(_:)``, field
    ///   `void_older_than` or `leave_older_than`, if two of the three are given; `CancellationError` if the task is
    ///   cancelled, while the recovery goes on.
    @discardableResult
    public func recover(
        void: Bool = false, voidOlderThan: Duration? = nil, leaveOlderThan: Duration? = nil, concurrency: Int = 16
    ) async throws -> Recovered {
        let choice = Choice(
            void: void, voidOlderThan: voidOlderThan?.milliseconds, leaveOlderThan: leaveOlderThan?.milliseconds)
        return try Recovered(
            try await answered { [core] wait in
                try await core.recover(choice: choice, concurrency: UInt32(clamping: concurrency), wait: wait)
            })
    }

    /// The sales whose outcome nobody heard, oldest first: the app ended first, the task was cancelled, or recovery settled
    /// them. Tell somebody, then ``acknowledge(_:)`` each.
    ///
    /// - Throws: ``PosaError/journal(_:)`` if the journal cannot be read.
    public func untold() async throws -> [Transaction] {
        try await answered { [core] wait in try await core.untold(wait: wait) }.map(Transaction.init)
    }

    /// Notes that somebody heard the outcome of this sale, as it was listed; it is not untold from here on. If it has another
    /// outcome by now, that one stays untold.
    ///
    /// - Throws: ``PosaError/journal(_:)`` if the journal cannot be written.
    public func acknowledge(_ sale: Transaction) async throws {
        try await answered { [core] wait in
            try await core.acknowledge(requestId: sale.requestId, version: sale.version, wait: wait)
        }
    }

    /// What was done about a sale, in order: what was about to be sent, and what came of it; empty if the journal does not
    /// know it.
    ///
    /// - Throws: ``PosaError/journal(_:)`` if the journal cannot be read.
    public func history(requestId: String) async throws -> [HistoryEntry] {
        try await answered { [core] wait in try await core.history(requestId: requestId, wait: wait) }
            .map(HistoryEntry.init)
    }

    /// What the journal has of a sale; `nil` if it does not know it.
    ///
    /// - Throws: ``PosaError/journal(_:)`` if it cannot be read.
    public func transaction(_ requestId: String) async throws -> Transaction? {
        let row = try await answered { [core] wait in try await core.transaction(requestId: requestId, wait: wait) }
        return try row.map(Transaction.init)
    }

    /// The journal's sales, oldest first, read page by page.
    ///
    /// - Parameters:
    ///   - open: Only those that still need an answer.
    ///   - untold: Only those with an outcome that nobody heard.
    ///   - since: Only those begun then or later.
    ///   - until: Only those begun before.
    /// - Returns: A sequence that reads the journal each time it is iterated.
    public func transactions(
        open: Bool = false, untold: Bool = false, since: Date? = nil, until: Date? = nil
    ) -> Transactions {
        Transactions(
            client: self, open: open, untold: untold, since: since?.nanoseconds, until: until?.nanoseconds)
    }
}

extension Client {
    /// Copies the journal to a new file while sales go on. The copy is whole by itself: nothing lies beside it.
    ///
    /// - Parameter url: A file that does not exist yet, in a folder that does.
    /// - Throws: ``PosaError/journal(_:)`` if the file exists or cannot be written, or the journal is no file.
    public func backup(to url: URL) async throws {
        try await answered { [core] wait in try await core.backup(path: url.path, wait: wait) }
    }
}

/// The journal's sales, oldest first. Reading it throws ``PosaError/journal(_:)`` if the journal cannot be read.
public struct Transactions: AsyncSequence, Sendable {
    private static let page: UInt32 = 256

    let client: Client
    let open: Bool
    let untold: Bool
    let since: Int64?
    let until: Int64?

    /// A new reading, from the oldest one on.
    public func makeAsyncIterator() -> Iterator { Iterator(sales: self) }

    /// Reads the journal page by page.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        let sales: Transactions
        private var rows: [JournalRow] = []
        private var at = 0
        private var isLastPage = false

        init(sales: Transactions) {
            self.sales = sales
        }

        /// The next sale; `nil` after the last one.
        public mutating func next() async throws -> Transaction? {
            if at == rows.count, !isLastPage {
                rows = try await sales.page(after: rows.last)
                at = 0
                isLastPage = rows.count < Transactions.page
            }
            guard at < rows.count else { return nil }
            at += 1
            return try Transaction(rows[at - 1])
        }
    }

    private func page(after last: JournalRow?) async throws -> [JournalRow] {
        let which = Which(
            open: open, untold: untold, since: since, until: until,
            after: last.map { Place(startedAt: $0.startedAt, requestId: $0.requestId) }, limit: Self.page)
        return try await answered { [client] wait in try await client.core.transactions(which: which, wait: wait) }
    }
}
