import Foundation
import PosaTesting
import Testing

@testable import Posa

/// No outcome is lost because nobody waited for it.
@Suite struct UntoldTests {
    @Test func aCancelledSaleIsUntoldUntilItIsAcknowledged() async throws {
        let (shop, directory) = (try Shop(), try Directory())
        let left = try await leave(shop, directory.journal)
        let client = try Client(shop.settings(journal: directory.journal))
        let untold = try await client.untold()
        #expect(untold.map(\.requestId) == [left.requestId])
        #expect(untold.map(\.state) == [.activated])
        #expect(untold.map(\.told) == [false])
        var listed: [Transaction] = []
        for try await sale in client.transactions(untold: true) { listed.append(sale) }
        #expect(listed == untold)
        let sale = try #require(untold.first)
        try await client.acknowledge(sale)
        #expect(try await client.untold().isEmpty)
        #expect(try await client.rows().map(\.told) == [true])
        let steps = try await client.history(requestId: sale.requestId)
        #expect(steps.first?.event == "activate")
        #expect(steps.last?.event == "told")
        #expect(try await client.history(requestId: "AwssbNobody").isEmpty)
    }

    @Test func theSameCallMeanwhileGetsTheOutcome() async throws {
        let shop = try Shop()
        let signer = GatedSigner(shop.sandbox.signer)
        let client = try Client(shop.settings(signer: signer))
        let selling = Task { try await client.activate(card: shop.card, amount: shop.amount) }
        await signer.isHolding()
        selling.cancel()
        let left = try await cancelled { try await selling.value }
        let again = Task {
            // With times of its own, it is the same client still.
            try await client.activate(
                card: shop.card, amount: shop.amount, requestId: left.requestId,
                options: Client.Options(deadline: .seconds(20)))
        }
        await signer.open()
        #expect(try await again.value.requestId == left.requestId)
        #expect(try await client.untold().isEmpty)
        #expect(try shop.sandbox.movements().count == 1)
    }

    @Test func anOutcomeThatCrossesTheCancellationIsGivenBack() async throws {
        let (shop, directory) = (try Shop(), try Directory())
        let client = try Client(shop.settings(journal: directory.journal))
        let sale = Sale(card: shop.card, amount: shop.amount)
        let left = try await cancelled {
            try await answered { wait in
                let receipt = try await client.core.activate(sale: sale.native, own: nil, wait: wait)
                // Here the core has handed it over, and nobody has it yet.
                wait.giveUp()
                return receipt.attempts
            }
        }
        try await client.close()
        let next = try Client(shop.settings(journal: directory.journal))
        #expect(try await next.untold().map(\.requestId) == [left.requestId])
    }

    @Test(.timeLimit(.minutes(1))) func ofThreeHundredCancelledSalesEveryChargeIsFound() async throws {
        let (shop, directory) = (try Shop(), try Directory())
        let client = try Client(shop.settings(journal: directory.journal))
        try shop.sandbox.inject(Fault(.delay(milliseconds: 50), times: 100))
        var sales = try shop.sales(300)
        for at in sales.indices where at % 3 != 0 { sales[at].requestId = "AwssbSale\(at)" }
        let events = client.events()
        let selling = sales.map { sale in Task { try await client.activate(sale) } }
        for at in sales.indices where at % 3 == 0 {
            await Task.yield()
            selling[at].cancel()
        }
        // Of the others, half when the request is sent, and half as the outcome comes.
        var waiting = Set(sales.compactMap(\.requestId))
        for await event in events {
            guard let at = Int(event.requestId.dropFirst("AwssbSale".count)), at % 3 != 0 else { continue }
            guard at % 3 == 1 ? event.kind == .sending : event.kind == .settled(outcome: "done") else { continue }
            selling[at].cancel()
            waiting.remove(event.requestId)
            if waiting.isEmpty { break }
        }
        var (heard, left, begun) = (Set<String>(), Set<String>(), Set<CardNumber>())
        for (sale, task) in zip(sales, selling) {
            switch await task.result {
            case .success(let receipt): heard.insert(receipt.requestId)
            case .failure(is CancellationError): continue
            case .failure(let error):
                let details = try #require(error as? PosaError).details
                #expect(details.isCancelled)
                left.insert(try #require(details.requestId))
            }
            begun.insert(sale.card)
        }
        try await client.close()
        let till = try Client(shop.settings(journal: directory.journal))
        let untold = Set(try await till.untold().map(\.requestId))
        let open = Set(try await till.rows(open: true).map(\.requestId))
        let charges = try shop.sandbox.movements()
        let charged = Set(charges.map(\.requestId))
        #expect(charged.subtracting(heard).subtracting(untold).subtracting(open) == [])
        #expect(charged.subtracting(heard).isSubset(of: left))
        #expect(untold.isDisjoint(with: heard))
        #expect(Set(charges.map(\.cardNumber)).isSubset(of: begun))
        #expect(charges.count == charged.count)
        #expect(!untold.isEmpty)
    }

    @Test func whatWasSeenIsAcknowledgedAndNothingNewer() async throws {
        let shop = try Shop()
        var settings = shop.settings()
        settings.acknowledged = true
        let client = try Client(settings)
        let receipt = try await client.activate(card: shop.card, amount: shop.amount)
        let seen = try #require(try await client.untold().first)
        #expect(seen.requestId == receipt.requestId)
        _ = try await client.deactivate(receipt)
        try await client.acknowledge(seen)
        let returned = try #require(try await client.untold().first)
        #expect(returned.state == .deactivated)
        try await client.acknowledge(returned)
        #expect(try await client.untold().isEmpty)
    }

    /// Cancels a sale while its answer is on its way; the client is gone afterwards.
    private func leave(_ shop: Shop, _ journal: Journal) async throws -> PosaError.Details {
        let client = try Client(shop.settings(journal: journal))
        let events = client.events()
        try shop.sandbox.inject(Fault(.delay(milliseconds: 200)))
        let selling = Task { try await client.activate(card: shop.card, amount: shop.amount) }
        await first(.sending, events)
        selling.cancel()
        let left = try await cancelled { try await selling.value }
        try await client.close()
        return left
    }
}
