import Foundation
import Posa
import PosaTesting
import Testing

/// Many sales, each charged once however often the batch is run.
@Suite struct BatchTests {
    @Test func aBatchThatIsRunAgainChargesNothingTwice() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        let sales = try shop.sales(40)
        for expected in [1, 0] {
            let rows = try client.activateMany("2026-11-orders", sales)
            var attempts: [Int: Int] = [:]
            for try await row in rows {
                attempts[row.index] = try row.outcome.get().attempts
                #expect(row.cardNumber == sales[row.index].card)
                #expect(row.amount == shop.amount)
            }
            #expect(attempts.keys.sorted() == Array(0..<40))
            #expect(Set(attempts.values) == [expected])
            let progress = rows.progress
            #expect((progress.started, progress.done) == (40, 40))
            #expect((progress.rejected, progress.notSent, progress.unknown) == (0, 0, 0))
        }
        #expect(try shop.sandbox.movements().count == 40)
    }

    @Test func whatIsWrongWithASaleIsInItsRow() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        var sales = try shop.sales(3)
        sales[0].requestId = "Amzn11"
        sales[1].amount = try Amount("2000.00", .usd)
        try shop.sandbox.setFunds(.usd, available: "100.00")
        var kinds: [Int: String] = [:]
        for try await row in try client.activateMany("orders", sales) {
            if case .failure(let error) = row.outcome { kinds[row.index] = error.kind }
        }
        #expect(kinds == [0: "INVALID_INPUT", 1: "INSUFFICIENT_FUNDS"])
        #expect(throws: PosaError.self) { try client.activateMany("orders", sales, concurrency: 0) }
    }

    @Test func aGatewayThatIsAwayIsWaitedForAsLongAsTheBatchIsPatient() async throws {
        let shop = try Shop()
        var settings = shop.settings()
        settings.endpoint = "http://127.0.0.1:9"
        let client = try Client(settings)
        let events = client.events()
        let rows = try client.activateMany("orders", try shop.sales(5), patience: .milliseconds(1))
        var kinds: [String] = []
        for try await row in rows {
            if case .failure(let error) = row.outcome { kinds.append(error.kind) }
        }
        #expect(kinds == Array(repeating: "UNREACHABLE", count: 5))
        #expect(rows.progress.notSent == 5)
        #expect(await events.contains { if case .batchPaused = $0.kind { true } else { false } })
    }

    @Test func salesThatArriveAreReadAsPlacesComeFree() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        let sales = try shop.sales(10)
        let (stream, counter) = Arriving.counted(sales)
        var read = 0
        for try await _ in try client.activateMany("orders", arriving: stream, concurrency: 2) {
            read += 1
            // Two under way or unread, and one that waits for a place.
            #expect(await counter.taken <= read + 3)
        }
        #expect(read == 10)
    }

    @Test func aSourceThatFailsEndsTheRowsWithItsError() async throws {
        struct Torn: Error {}
        let shop = try Shop()
        let client = try Client(shop.settings())
        let sales = try shop.sales(2)
        let torn = AsyncThrowingStream<Sale, any Error> { continuation in
            sales.forEach { continuation.yield($0) }
            continuation.finish(throwing: Torn())
        }
        let rows = try client.activateMany("orders", arriving: torn)
        await #expect(throws: Torn.self) {
            for try await row in rows { _ = try row.outcome.get() }
        }
        #expect(rows.progress.done == 2)
    }

    @Test func readingNoFurtherStartsNothingMore() async throws {
        let shop = try Shop()
        let directory = try Directory()
        let client = try Client(shop.settings(journal: directory.journal))
        let sales = try shop.sales(50)
        do {
            let rows = try client.activateMany("orders", sales, concurrency: 2)
            for try await _ in rows { break }
        }
        try await client.close()
        let begun = try shop.sandbox.movements().count
        #expect((1...6).contains(begun))
        let again = try Client(shop.settings(journal: directory.journal))
        var done = 0
        for try await row in try again.activateMany("orders", sales) {
            done += (try? row.outcome.get()) == nil ? 0 : 1
        }
        #expect(done == 50)
        #expect(try shop.sandbox.movements().count == 50)
    }
}

/// Sales one after the other, and how many of them were taken.
private struct Arriving: AsyncSequence, Sendable {
    actor Counter {
        private(set) var taken = 0

        func next(_ sales: [Sale]) -> Sale? {
            defer { taken += 1 }
            return taken < sales.count ? sales[taken] : nil
        }
    }

    struct Iterator: AsyncIteratorProtocol {
        let arriving: Arriving

        func next() async -> Sale? { await arriving.counter.next(arriving.sales) }
    }

    let sales: [Sale]
    let counter = Counter()

    static func counted(_ sales: [Sale]) -> (Arriving, Counter) {
        let arriving = Arriving(sales: sales)
        return (arriving, arriving.counter)
    }

    func makeAsyncIterator() -> Iterator { Iterator(arriving: self) }
}
