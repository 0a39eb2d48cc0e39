public import Foundation
public import Posa

/// What the cashier sees and does. The screen shows ``state`` and calls one verb for each button.
@MainActor
public final class Till {
    /// What is on the screen.
    public enum State: Hashable, Sendable {
        /// The app has been started, and settles what an earlier run left open.
        case starting
        /// Earlier sales came to an end that nobody heard: their customers may have left. Somebody looks at each.
        case untold([Transaction], notice: String?)
        /// Waits for a card; with what the cashier should know.
        case ready(notice: String?)
        /// A card was scanned, and the amount is missing.
        case scanned(CardNumber)
        /// The sale is under way.
        case selling(CardNumber)
        /// Hand over the card.
        case sold(Receipt)
        /// Keep the card: nobody knows yet whether it is active.
        case unknown(PosaError.Details)
        /// The sale was given up.
        case givenUp
        /// The card is not active; with what the cashier should do.
        case refused(String)
    }

    /// What is on the screen.
    public private(set) var state = State.starting {
        didSet { changed(state) }
    }

    private let client: Client
    private let store: TransactionSource?
    private let currency: Currency
    private let locale: Locale
    private let changed: @MainActor (State) -> Void

    /// A till of one store; amounts are typed as in `locale`, and `changed` is told each new state.
    public init(
        client: Client, currency: Currency, store: TransactionSource? = nil, locale: Locale = .current,
        changed: @escaping @MainActor (State) -> Void = { _ in }
    ) {
        self.client = client
        self.currency = currency
        self.store = store
        self.locale = locale
        self.changed = changed
    }

    /// Settles what an earlier run left open, and shows what nobody heard of. Call it when the app starts and when it comes
    /// to the front.
    public func start() async {
        do {
            let open = try await client.recover().open.count
            try await show(open == 0 ? nil : "\(open) sales are still open")
        } catch {
            state = .ready(notice: "earlier sales could not be checked: \(error.localizedDescription)")
        }
    }

    /// Somebody has looked at this sale: the card is with its customer, or was taken back.
    public func acknowledge(_ sale: Transaction) async {
        guard case .untold(_, let notice) = state else { return }
        do {
            try await client.acknowledge(sale)
            try await show(notice)
        } catch {
            state = .refused(Self.advice(error))
        }
    }

    private func show(_ notice: String?) async throws {
        let untold = try await client.untold()
        state = untold.isEmpty ? .ready(notice: notice) : .untold(untold, notice: notice)
    }

    /// Takes what the scanner read.
    public func scan(_ payload: String) {
        do {
            state = .scanned(try CardNumber(scanned: payload))
        } catch {
            state = .refused(error.localizedDescription)
        }
    }

    /// Sells the scanned card for what the customer pays, as it was typed.
    public func sell(for amount: String) async {
        guard case .scanned(let card) = state else { return }
        await settle(selling: card) { [locale] client, store, currency in
            let amount = try Amount(typed: amount, currency, locale: locale)
            return .sold(try await client.activate(Sale(card: card, amount: amount, source: store)))
        }
    }

    /// Asks again after an unknown outcome, with the same request id.
    public func askAgain() async {
        guard case .unknown(let details) = state else { return }
        await settle { client, _, _ in
            let sale = try await client.resolve(details)
            guard sale.state == .activated else { return .refused(sale.note ?? "the card is not active") }
            // The journal has it: this sends nothing.
            return .sold(
                try await client.activate(card: sale.cardNumber, amount: sale.amount, requestId: sale.requestId))
        }
    }

    /// Gives a sale up whose outcome is unknown: the customer has left.
    public func giveUp() async {
        guard case .unknown(let details) = state else { return }
        await settle { client, _, _ in
            _ = try await client.void(details)
            return .givenUp
        }
    }

    /// On to the next customer.
    public func next() {
        state = .ready(notice: nil)
    }

    private func settle(
        selling card: CardNumber? = nil,
        _ work: @Sendable (Client, TransactionSource?, Currency) async throws -> State
    ) async {
        if let card { state = .selling(card) }
        do {
            state = try await work(client, store, currency)
        } catch PosaError.outcomeUnknown(let details) {
            state = .unknown(details)
        } catch {
            state = .refused(Self.advice(error))
        }
    }

    private static func advice(_ error: any Error) -> String {
        switch error {
        case PosaError.alreadyActivated, PosaError.conflict: "This card belongs to another sale. Take another card."
        case PosaError.insufficientFunds, PosaError.account: "No gift cards can be sold now. Call the manager."
        case PosaError.unreachable, PosaError.throttled: "No connection. Nothing was sold; try again."
        case PosaError.needsAttention: "Put this card aside and call the manager."
        default: error.localizedDescription
        }
    }
}
