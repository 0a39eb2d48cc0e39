import Foundation
import Posa
import PosaTesting
import Testing

/// What is left open is settled with the id it has, also after a restart.
@Suite struct JournalTests {
    @Test func aLostSaleIsRecoveredByTheNextLaunch() async throws {
        let (shop, directory) = (try Shop(), try Directory())
        let (id, error) = try await lose(shop, directory.journal)
        #expect(error.details.delivery == .unknown)
        #expect(error.details.card == shop.card.lastFour)
        let client = try await Client.open(shop.settings(journal: directory.journal))
        #expect(try await client.rows(open: true).map(\.requestId) == [id])
        let recovered = try await client.recover()
        #expect(recovered.settled.map(\.requestId) == [id])
        #expect(recovered.settled.map(\.state) == [.activated])
        #expect(recovered.open.isEmpty)
        #expect(try await client.rows(open: true).isEmpty)
        #expect(try shop.sandbox.movements().count == 1)
    }

    @Test func anUnknownOutcomeIsResolvedRepeatedOrVoided() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        let sales = try shop.sales(3)
        var unknown: [PosaError.Details] = []
        for sale in sales {
            try shop.sandbox.inject(Fault(.dropAfterCommit, times: 3))
            do {
                _ = try await client.activate(sale)
                Issue.record("an outcome without an answer")
            } catch PosaError.outcomeUnknown(let details) {
                unknown.append(details)
            }
        }
        let resolved = try await client.resolve(unknown[0])
        #expect(resolved.state == .activated)
        var again = sales[1]
        again.requestId = unknown[1].requestId
        #expect(try await client.activate(again).requestId == unknown[1].requestId)
        let voided = try await client.void(unknown[2])
        #expect((voided.state, voided.voided) == (.deactivated, true))
        #expect(try shop.sandbox.movements().map(\.kind) == [.charge, .charge, .charge, .refund])
        #expect(try shop.sandbox.transactions().map(\.status) == [.activated, .activated, .deactivated])
    }

    @Test func whatCannotBeSettledSaysWhy() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        let receipt = try await client.activate(card: shop.card, amount: shop.amount)
        try shop.sandbox.setCondition(shop.card, .claimed)
        let attention = try await thrown { try await client.void(receipt.requestId) }
        #expect(attention.kind == "NEEDS_ATTENTION")
        let conflict = try await thrown { try await client.resolve("AwssbNobody") }
        #expect((conflict.kind, conflict.details.cause) == ("CONFLICT", "unknown_id"))
        #expect(try await client.transaction("AwssbNobody") == nil)
        try shop.sandbox.inject(Fault(.dropBeforeCommit, times: 3))
        let other = try shop.sales(1)[0]
        _ = try? await client.activate(other)
        try shop.sandbox.inject(Fault(.dropBeforeCommit, times: 3))
        let recovered = try await client.recover()
        #expect(recovered.settled.isEmpty)
        #expect(recovered.open.map(\.error.kind) == ["OUTCOME_UNKNOWN"])
    }

    @Test func recoveryTellsNobodyAndGivesUpOrLeavesWhatIsOld() async throws {
        let (shop, directory) = (try Shop(), try Directory())
        let (id, _) = try await lose(shop, directory.journal)
        try shop.sandbox.setClock(advanceSeconds: 7200)
        let client = try Client(shop.settings(journal: directory.journal))
        let left = try await client.recover(leaveOlderThan: .seconds(3600))
        #expect(left.open.map(\.requestId) == [id])
        let recovered = try await client.recover(voidOlderThan: .seconds(3600))
        #expect(recovered.settled.map(\.state) == [.deactivated])
        #expect(recovered.settled.map(\.told) == [false])
        #expect(try await client.untold() == recovered.settled)
        #expect(try shop.sandbox.movements().map(\.kind) == [.charge, .refund])
    }

    @Test func recoveryTakesOneChoiceAndNamesTheSecond() async throws {
        let client = try Client(try Shop().settings())
        let hour = Duration.seconds(3600)
        let twice = try await thrown { try await client.recover(voidOlderThan: hour, leaveOlderThan: hour) }
        #expect((twice.kind, twice.details.field) == ("INVALID_INPUT", "leave_older_than"))
        let both = try await thrown { try await client.recover(void: true, voidOlderThan: hour) }
        #expect(both.details.field == "void_older_than")
    }

    @Test func aSaleThatTheJournalDoesNotHaveIsAdopted() async throws {
        let shop = try Shop()
        let (elsewhere, till) = (try Client(shop.settings(journal: .none)), try Client(shop.settings()))
        let sold = try await elsewhere.activate(card: shop.card, amount: shop.amount, requestId: "Awssb-other_1")
        let adopted = try await till.adopt(card: shop.card, amount: shop.amount, requestId: sold.requestId)
        #expect(adopted.cardStatus == .activated)
        #expect(try await till.deactivate(adopted).cardStatus == .awaitingActivation)
        #expect(try shop.sandbox.movements().map(\.kind) == [.charge, .refund])
        let none = try await thrown { try await till.adopt(Sale(card: shop.card, amount: shop.amount)) }
        #expect((none.kind, none.details.field) == ("INVALID_INPUT", "request_id"))
        let inactive = try shop.sales(1)[0]
        let refused = try await thrown {
            try await till.adopt(card: inactive.card, amount: inactive.amount, requestId: "AwssbOther2")
        }
        #expect(refused.kind == "REJECTED")
    }

    @Test func salesAreReadPageByPageAndByTime() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        let began = Date()
        for try await row in try client.activateMany("orders", try shop.sales(300)) {
            _ = try row.outcome.get()
        }
        let rows = try await client.rows()
        #expect(Set(rows.map(\.requestId)).count == 300)
        #expect(rows.map(\.startedAt) == rows.map(\.startedAt).sorted())
        let since = client.transactions(since: began.addingTimeInterval(-1), until: Date().addingTimeInterval(1))
        #expect(try await since.reduce(0) { count, _ in count + 1 } == 300)
        let before = client.transactions(until: began.addingTimeInterval(-1))
        #expect(try await before.reduce(0) { count, _ in count + 1 } == 0)
        #expect(try await client.transactions(since: .distantFuture).reduce(0) { count, _ in count + 1 } == 0)
    }

    @Test func aFileBelongsToOnePartnerAndOneGateway() async throws {
        let (shop, other, directory) = (try Shop(), try Shop(), try Directory())
        _ = try await Client(shop.settings(journal: directory.journal)).activate(card: shop.card, amount: shop.amount)
        let client = try Client(other.settings(journal: directory.journal))
        let error = try await thrown { try await client.rows() }
        #expect(error.kind == "CONFLICT")
    }

    @Test func aBackupIsOneWholeFileAndSoIsAClosedJournal() async throws {
        let (shop, directory) = (try Shop(), try Directory())
        let client = try Client(shop.settings(journal: directory.journal))
        let receipt = try await client.activate(card: shop.card, amount: shop.amount)
        let copy = directory.url.appendingPathComponent("copy.db")
        try await client.backup(to: copy)
        let refused = try await thrown { try await client.backup(to: copy) }
        #expect(refused.kind == "JOURNAL")
        try await client.close()
        let left = try FileManager.default.contentsOfDirectory(atPath: directory.url.path)
        #expect(!left.contains { $0.hasSuffix("-wal") || $0.hasSuffix("-shm") })
        let other = try Client(shop.settings(journal: .file(copy)))
        #expect(try await other.rows().map(\.requestId) == [receipt.requestId])
        try await other.close()
    }

    @Test func theAppsOwnContainerHoldsIt() async throws {
        let name = "posa-test-\(UUID().uuidString)"
        let journal = try Journal.applicationSupport(name)
        let shop = try Shop()
        let client = try Client(shop.settings(journal: journal))
        _ = try await client.activate(card: shop.card, amount: shop.amount)
        let support = try FileManager.default.url(
            for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil, create: false)
        let directory = support.appendingPathComponent(name)
        #expect(FileManager.default.fileExists(atPath: directory.appendingPathComponent("posa.db").path))
        try await client.close()
        try FileManager.default.removeItem(at: directory)
    }

    @Test func withoutAJournalTheAppKeepsTheIds() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings(journal: .none))
        try shop.sandbox.inject(Fault(.dropAfterCommit, times: 3))
        let lost = try await thrown {
            try await client.activate(card: shop.card, amount: shop.amount, requestId: "AwssbTill1")
        }
        #expect(lost.details.requestId == "AwssbTill1")
        let again = try await client.activate(card: shop.card, amount: shop.amount, requestId: "AwssbTill1")
        #expect(again.attempts == 1)
        #expect(try await client.rows().isEmpty)
        #expect(try shop.sandbox.movements().count == 1)
        // An id that the client makes is new, so that a refusal speaks for itself.
        try shop.sandbox.setFunds(.usd, available: "0.00")
        let refused = try await thrown { try await client.activate(try shop.sales(1)[0]) }
        #expect(refused.kind == "INSUFFICIENT_FUNDS")
    }

    /// Loses all answers to one sale, as a device whose network goes down; the client is gone afterwards.
    private func lose(_ shop: Shop, _ journal: Journal) async throws -> (id: String, error: PosaError) {
        let client = try Client(shop.settings(journal: journal))
        try shop.sandbox.inject(Fault(.dropAfterCommit, times: 3))
        let error = try await thrown {
            try await client.activate(card: shop.card, amount: shop.amount)
        }
        try await client.close()
        return (try #require(error.details.requestId), error)
    }
}
