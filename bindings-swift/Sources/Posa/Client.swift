internal import PosaFFI

/// Activates, deactivates and checks gift cards for one partner at one gateway.
///
/// Share one client in the whole app; it may be used from any task. No lock is held while a call is suspended, and each
/// step of the journal is one short transaction.
///
/// Cancelling a task ends its waiting, and never a sale that is under way: the call throws
/// ``PosaError/outcomeUnknown(_:)`` with the sale's request id and ``PosaError/Details/isCancelled``, and what comes of the
/// sale is in ``untold()``. A `CancellationError` says that nothing was begun, or that the call changes nothing. The same
/// call with the same id, made meanwhile, waits for the sale that is under way and gets its outcome.
public final class Client: Sendable {
    let core: Core
    private let listeners = Listeners()

    /// Checks the settings and opens nothing; the first call opens the journal.
    ///
    /// - Throws: ``PosaError``: a setting cannot be used.
    public init(_ settings: Settings) throws {
        core = try checked { try Core.open(settings: settings.native, signer: settings.signer) }
    }

    private init(_ core: Core) {
        self.core = core
    }

    /// As ``init(_:)``, without blocking.
    public static func open(_ settings: Settings) async throws -> Client {
        Client(
            try await answered { wait in
                try await openCore(settings: settings.native, signer: settings.signer, wait: wait)
            })
    }

    deinit {
        listeners.finish()
    }

    /// Puts a card into the active state (specification, "ActivateGiftCard").
    ///
    /// With a request id that the journal has as activated, that receipt is returned and nothing is sent.
    ///
    /// - Throws: ``PosaError/outcomeUnknown(_:)`` if nothing settled it in time, or the task was cancelled: call again with
    ///   the error's request id. With any other ``PosaError``, the card is not active by this sale.
    public func activate(_ sale: Sale, options: Options = Options()) async throws -> Receipt {
        try Receipt(
            try await answered { [core] wait in
                try await core.activate(sale: sale.native, own: options.native, wait: wait)
            })
    }

    /// As ``activate(_:options:)``, of a card's number as it is typed: 16 or 19 digits; spaces and dashes are left out.
    public func activate(
        card: String, amount: Amount, requestId: String? = nil, options: Options = Options()
    ) async throws -> Receipt {
        try await activate(Sale(card: try CardNumber(card), amount: amount, requestId: requestId), options: options)
    }

    /// As ``activate(_:options:)``, of a card and an amount.
    public func activate(
        card: CardNumber, amount: Amount, requestId: String? = nil, options: Options = Options()
    ) async throws -> Receipt {
        try await activate(Sale(card: card, amount: amount, requestId: requestId), options: options)
    }

    /// Takes a sale into the journal that was made without it: by another client, or before a backup was restored. Its card
    /// has to be active; then the same activation, sent once more, tells whether this id activated it, and charges nothing.
    /// From here on it can be returned like any other.
    ///
    /// - Throws: ``PosaError/invalidInput(_:)``, field `request_id`, without an id; ``PosaError/rejected(_:)`` if the card is
    ///   not active, or was activated for another amount; ``PosaError/alreadyActivated(_:)`` if another id activated it;
    ///   else as ``activate(_:options:)``.
    public func adopt(_ sale: Sale, options: Options = Options()) async throws -> Receipt {
        try Receipt(
            try await answered { [core] wait in
                try await core.adopt(sale: sale.native, own: options.native, wait: wait)
            })
    }

    /// As ``adopt(_:options:)``, of a card, an amount and the id that it was activated with.
    public func adopt(
        card: CardNumber, amount: Amount, requestId: String, options: Options = Options()
    ) async throws -> Receipt {
        try await adopt(Sale(card: card, amount: amount, requestId: requestId), options: options)
    }

    /// Puts a card back into the inactive state (specification, "DeactivateGiftCard").
    ///
    /// - Parameters:
    ///   - card: The card.
    ///   - requestId: The id that it was activated with.
    ///   - externalReference: A text for the caller's own tracking, at most 100 characters.
    ///   - options: What this call has otherwise than the client.
    /// - Returns: What the gateway confirmed.
    /// - Throws: ``PosaError/conflict(_:)`` unless the journal says that this id activated this card;
    ///   ``PosaError/outcomeUnknown(_:)`` if nothing settled it in time, or the task was cancelled: call again. With any
    ///   other ``PosaError``, the card is as it was.
    public func deactivate(
        card: CardNumber, requestId: String, externalReference: String? = nil, options: Options = Options()
    ) async throws -> Receipt {
        let sale = Earlier(card: card.digits, requestId: requestId, externalReference: externalReference)
        return try Receipt(
            try await answered { [core] wait in
                try await core.deactivate(sale: sale, own: options.native, wait: wait)
            })
    }

    /// As ``deactivate(card:requestId:externalReference:options:)``, of the sale that a receipt is about.
    public func deactivate(_ receipt: Receipt, options: Options = Options()) async throws -> Receipt {
        try await deactivate(card: receipt.cardNumber, requestId: receipt.requestId, options: options)
    }

    /// Asks for a card's state (specification, "ActivationStatusCheck"). Changes nothing.
    ///
    /// `activated` does not prove that this id activated it; the journal, or the same activation again, does.
    ///
    /// - Throws: ``PosaError/outcomeUnknown(_:)`` if no answer came in time, or any other ``PosaError``.
    public func status(
        card: CardNumber, requestId: String, externalReference: String? = nil, options: Options = Options()
    ) async throws -> Receipt {
        let sale = Earlier(card: card.digits, requestId: requestId, externalReference: externalReference)
        return try Receipt(
            try await answered { [core] wait in
                try await core.status(sale: sale, own: options.native, wait: wait)
            })
    }

    /// As ``status(card:requestId:externalReference:options:)``, of the sale that a receipt is about.
    public func status(_ receipt: Receipt, options: Options = Options()) async throws -> Receipt {
        try await status(card: receipt.cardNumber, requestId: receipt.requestId, options: options)
    }

    /// Takes no further calls, waits for those under way, each of which ends by its own deadline, and closes the
    /// journal: a SQLite file is whole by itself then. Close a client before its file is copied or moved.
    ///
    /// - Throws: `CancellationError` if the task is cancelled; the client is closed all the same.
    public func close() async throws {
        try await answered { [core] wait in try await core.close(wait: wait) }
        listeners.finish()
    }

    /// What happens to operations from here on. Each call makes a sequence of its own, which ends when the client is
    /// closed or let go of; of events that nobody reads, the last 10,000 are kept.
    public func events() -> AsyncStream<Event> {
        let stream = listeners.listen()
        core.follow(sink: listeners)
        return stream
    }
}

extension Client: CustomStringConvertible {
    /// The name alone: settings may hold a key.
    public var description: String { "posa client" }
}
