import Foundation
import Posa
import PosaTesting
import Testing

/// Cancelling a task ends its waiting, whatever the operation is about, and never the operation; whoever was cancelled has
/// the id by which the sale goes on.
@Suite struct CancellationTests {
    @Test func beforeTheCallNothingIsBegun() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        let selling = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await client.activate(card: shop.card, amount: shop.amount)
        }
        selling.cancel()
        await #expect(throws: CancellationError.self) { try await selling.value }
        #expect(try await client.rows().isEmpty)
        #expect(try shop.sandbox.requests().isEmpty)
    }

    @Test func whileItIsSignedTheSaleGoesOn() async throws {
        let shop = try Shop()
        let signer = GatedSigner(shop.sandbox.signer)
        let client = try Client(shop.settings(signer: signer))
        let selling = Task { try await client.activate(card: shop.card, amount: shop.amount) }
        await signer.isHolding()
        selling.cancel()
        let left = try await cancelled { try await selling.value }
        #expect(left.card == shop.card.lastFour)
        await signer.open()
        try await client.close()
        #expect(try shop.sandbox.card(shop.card).status == .activated)
        #expect(try shop.sandbox.movements().map(\.requestId) == [left.requestId])
    }

    @Test func whileTheAnswerIsAwaitedTheJournalKeepsIt() async throws {
        let (shop, directory) = (try Shop(), try Directory())
        let client = try Client(shop.settings(journal: directory.journal))
        let events = client.events()
        try shop.sandbox.inject(Fault(.delay(milliseconds: 2000)))
        let selling = Task { try await client.activate(card: shop.card, amount: shop.amount) }
        await first(.sending, events)
        selling.cancel()
        let left = try await cancelled { try await selling.value }
        try await client.close()
        let next = try Client(shop.settings(journal: directory.journal))
        #expect(try await next.rows().map(\.state) == [.activated])
        #expect(try await next.untold().map(\.requestId) == [left.requestId])
        #expect(try shop.sandbox.movements().count == 1)
    }

    @Test func betweenTwoAttemptsTheNextOneIsMade() async throws {
        let shop = try Shop()
        let signer = GatedSigner(shop.sandbox.signer, passing: 1)
        let client = try Client(shop.settings(signer: signer))
        try shop.sandbox.inject(Fault(.dropAfterCommit))
        let selling = Task { try await client.activate(card: shop.card, amount: shop.amount) }
        await signer.isHolding()
        selling.cancel()
        _ = try await cancelled { try await selling.value }
        await signer.open()
        try await client.close()
        #expect(try shop.sandbox.requests().count == 2)
        #expect(try shop.sandbox.movements().count == 1)
    }

    enum Verb: CaseIterable { case deactivate, void, resolve, adopt }

    @Test(arguments: Verb.allCases) func whateverIsDoneAboutASaleItsIdIsTold(_ verb: Verb) async throws {
        let (shop, id) = (try Shop(), "AwssbTEST1")
        let signer = GatedSigner(shop.sandbox.signer, passing: .max)
        let client = try Client(shop.settings(signer: signer))
        let seller = verb == .adopt ? try Client(shop.settings(journal: .none)) : client
        if verb == .resolve { try shop.sandbox.inject(Fault(.dropAfterCommit, times: 3)) }
        _ = try? await seller.activate(card: shop.card, amount: shop.amount, requestId: id)
        await signer.hold()
        let asking = Task {
            switch verb {
            case .deactivate: _ = try await client.deactivate(card: shop.card, requestId: id)
            case .void: _ = try await client.void(id)
            case .resolve: _ = try await client.resolve(id)
            case .adopt: _ = try await client.adopt(card: shop.card, amount: shop.amount, requestId: id)
            }
        }
        await signer.isHolding()
        asking.cancel()
        #expect(try await cancelled { try await asking.value }.requestId == id)
        await signer.open()
        try await client.close()
    }

    @Test func whatChangesNothingIsACancellationAndNoMore() async throws {
        let shop = try Shop()
        let signer = GatedSigner(shop.sandbox.signer, passing: 1)
        let client = try Client(shop.settings(signer: signer))
        let receipt = try await client.activate(card: shop.card, amount: shop.amount)
        let asking = Task { try await client.status(receipt) }
        await signer.isHolding()
        asking.cancel()
        await #expect(throws: CancellationError.self) { try await asking.value }
        await signer.open()
        try await client.close()
    }

    @Test func whileClosingTheClientIsClosedAllTheSame() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        let events = client.events()
        try shop.sandbox.inject(Fault(.delay(milliseconds: 200)))
        let selling = Task { try await client.activate(card: shop.card, amount: shop.amount) }
        await first(.sending, events)
        let closing = Task { try await client.close() }
        closing.cancel()
        _ = await closing.result
        let error = try await thrown { try await client.rows() }
        #expect(error.kind == "CONFIGURATION")
        #expect(try await selling.value.cardStatus == .activated)
    }

    @Test func whileABatchIsReadNoRowIsLost() async throws {
        let shop = try Shop()
        let signer = GatedSigner(shop.sandbox.signer)
        let client = try Client(shop.settings(signer: signer))
        let rows = try client.activateMany("orders", try shop.sales(8), concurrency: 2)
        let seen = Seen()
        let reading = Task {
            for try await row in rows { await seen.note(row) }
        }
        await signer.isHolding()
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        await signer.open()
        for try await row in rows { await seen.note(row) }
        #expect(await seen.indexes.sorted() == Array(0..<8))
        #expect(rows.progress.done == 8)
    }
}

private actor Seen {
    private(set) var indexes: [Int] = []

    func note(_ row: Row) { indexes.append(row.index) }
}

/// A signer that lets some pass and holds the others until it is opened.
actor GatedSigner: RequestSigner {
    private let signer: any RequestSigner
    private var passing: Int
    private var held: [CheckedContinuation<Void, Never>] = []
    private var curious: [CheckedContinuation<Void, Never>] = []

    init(_ signer: any RequestSigner, passing: Int = 0) {
        self.signer = signer
        self.passing = passing
    }

    func sign(_ request: UnsignedRequest) async throws -> [String: String] {
        passing -= 1
        if passing < 0 {
            await withCheckedContinuation { gate in
                held.append(gate)
                curious.forEach { $0.resume() }
                curious = []
            }
        }
        return try await signer.sign(request)
    }

    /// Returns once somebody is held.
    func isHolding() async {
        if held.isEmpty {
            await withCheckedContinuation { curious.append($0) }
        }
    }

    /// Lets nobody else pass.
    func hold() { passing = 0 }

    func open() {
        passing = Int.max
        held.forEach { $0.resume() }
        held = []
    }
}
