import Foundation
import Posa
import PosaTesting
import Testing

/// One client, many tasks.
@Suite struct ConcurrencyTests {
    @Test func twoHundredCallsAtOnceAreTwoHundredCharges() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        let sales = try shop.sales(200)
        let receipts = try await withThrowingTaskGroup(of: Receipt.self) { group in
            for sale in sales {
                group.addTask { try await client.activate(sale) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(receipts.map(\.requestId)).count == 200)
        #expect(Set(receipts.map(\.cardNumber)) == Set(sales.map(\.card)))
        #expect(try shop.sandbox.movements().count == 200)
        #expect(try await client.rows().count == 200)
    }

    @Test func ofTwoHundredSalesOfOneCardOneIsCharged() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        let done = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask { (try? await client.activate(card: shop.card, amount: shop.amount)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(done == 1)
        #expect(try shop.sandbox.movements().count == 1)
    }

    @Test func aFileIsSharedByClients() async throws {
        let (shop, directory) = (try Shop(), try Directory())
        let clients = try await [
            Client.open(shop.settings(journal: directory.journal)),
            Client.open(shop.settings(journal: directory.journal)),
        ]
        let sales = try shop.sales(20)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (at, sale) in sales.enumerated() {
                group.addTask { _ = try await clients[at % 2].activate(sale) }
            }
            try await group.waitForAll()
        }
        for client in clients {
            #expect(try await client.rows().count == 20)
        }
    }

    @Test func theMainActorMayCallAndRead() async throws {
        try await onTheMainActor()
    }

    @MainActor private func onTheMainActor() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        var shown: [String] = []
        for try await row in try client.activateMany("orders", try shop.sales(3)) {
            shown.append(try row.outcome.get().cardStatus.name)
        }
        for try await row in client.transactions() {
            shown.append(row.state.rawValue)
        }
        #expect(shown == ["Activated", "Activated", "Activated", "activated", "activated", "activated"])
    }

    @Test func aClosedClientHasFinishedItsCallsAndTakesNoMore() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        let events = client.events()
        try shop.sandbox.inject(Fault(.delay(milliseconds: 200)))
        let selling = Task { try await client.activate(card: shop.card, amount: shop.amount) }
        await first(.sending, events)
        try await client.close()
        #expect(try await selling.value.cardStatus == .activated)
        let error = try await thrown { try await client.rows() }
        #expect(error.kind == "CONFIGURATION")
        #expect(throws: PosaError.self) { try client.activateMany("orders", [Sale]()) }
        for await _ in events {}
        for await _ in client.events() {}
        try await client.close()
    }
}
