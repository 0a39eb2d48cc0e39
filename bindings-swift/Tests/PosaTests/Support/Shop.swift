import Foundation
import Posa
import PosaTesting

/// A sandbox without a rate limit, and what a test sells in it.
struct Shop: Sendable {
    let sandbox: Sandbox
    let card: CardNumber
    let amount: Amount

    init() throws {
        var settings = Sandbox.Settings()
        settings.throttle = nil
        sandbox = try Sandbox(settings)
        card = try sandbox.cards(currency: .usd)[0].cardNumber
        amount = try Amount("25.00", .usd)
    }

    /// Settings with short pauses.
    func settings(journal: Journal = .memory, signer: (any RequestSigner)? = nil) -> Client.Settings {
        var settings =
            signer.map { sandbox.settings(signer: $0, journal: journal) } ?? sandbox.settings(journal: journal)
        settings.rateLimit = nil
        settings.attempts = 3
        settings.retryBase = .milliseconds(1)
        settings.retryCap = .milliseconds(10)
        return settings
    }

    /// So many sales of different cards.
    func sales(_ count: Int) throws -> [Sale] {
        try (0..<count).map { at in
            let card = try sandbox.addCard(String(6_000_000_000_000_000 + at)).cardNumber
            return Sale(card: card, amount: amount)
        }
    }
}

/// A directory that is gone with it.
final class Directory: Sendable {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("posa-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    var journal: Journal { .file(url.appendingPathComponent("posa.db")) }
}

extension Client {
    /// The journal's sales, all at once.
    func rows(open: Bool = false) async throws -> [Transaction] {
        try await transactions(open: open).reduce(into: []) { $0.append($1) }
    }
}

/// Waits for the first event of that kind.
func first(_ kind: Event.Kind, _ events: AsyncStream<Event>) async {
    _ = await events.first { $0.kind == kind }
}
