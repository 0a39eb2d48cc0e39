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
    /// - Throws: ``PosaError/outcomeUnknown(_:)`` if it still has no outcome, ``PosaError/needsAttention(_:)`` if its
    ///   reversal was refused or tried too often, ``PosaError/conflict(_:)`` if somebody works on it or the journal does
    ///   not know it.
    public func resolve(_ requestId: String) async throws -> Transaction {
        try Transaction(
            try await answered { [core] wait in try await core.resolve(requestId: requestId, wait: wait) })
    }

    /// As ``resolve(_:)-(String)``, of the sale that an error is about.
    public func resolve(_ failure: PosaError.Details) async throws -> Transaction {
        try await resolve(failure.requestId ?? "")
    }

    /// Gives up a sale, whatever became of its activation: the card is deactivated with the original id, and
    /// ``recover(void:concurrency:)`` goes on with it until the gateway confirms.
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

    /// Settles every sale without an outcome that nobody works on. Call it when the app starts, and from time to time.
    /// It ends once nobody answers, or once the client is closed: sales that were not tried are among the open ones.
    ///
    /// - Parameters:
    ///   - void: Reverse sales whose activation has no outcome, instead of completing them.
    ///   - concurrency: How many at a time; the rate limit holds for all together.
    /// - Returns: The sales that have their outcome now, and those that still have none with what stood in the way.
    /// - Throws: ``PosaError/journal(_:)`` if the journal cannot be read.
    @discardableResult
    public func recover(void: Bool = false, concurrency: Int = 16) async throws -> Recovered {
        try Recovered(
            try await answered { [core] wait in
                try await core.recover(giveUp: void, concurrency: UInt32(clamping: concurrency), wait: wait)
            })
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
    ///   - since: Only those begun then or later.
    ///   - until: Only those begun before.
    /// - Returns: A sequence that reads the journal each time it is iterated.
    public func transactions(open: Bool = false, since: Date? = nil, until: Date? = nil) -> Transactions {
        Transactions(client: self, open: open, since: since?.nanoseconds, until: until?.nanoseconds)
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
            open: open, since: since, until: until,
            after: last.map { Place(startedAt: $0.startedAt, requestId: $0.requestId) }, limit: Self.page)
        return try await answered { [client] wait in try await client.core.transactions(which: which, wait: wait) }
    }
}
