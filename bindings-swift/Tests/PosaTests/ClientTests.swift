import Foundation
import PosaTesting
import Testing

@testable import Posa

/// Deadlines, events, and what becomes of a defect.
@Suite struct ClientTests {
    @Test func theDeadlineOfACallEndsIt() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        try shop.sandbox.inject(Fault(.delay(milliseconds: 2000), times: 2))
        let options = Client.Options(deadline: .milliseconds(300), attemptTimeout: .milliseconds(100), attempts: 2)
        let error = try await thrown {
            try await client.activate(card: shop.card, amount: shop.amount, options: options)
        }
        #expect(error.kind == "OUTCOME_UNKNOWN")
        #expect((1...2).contains(error.details.attempts))
        #expect(try await client.resolve(error.details).state == .activated)
        #expect(try shop.sandbox.movements().count == 1)
    }

    @Test(arguments: [Duration.zero, .seconds(-1), .seconds(Int64.max)])
    func aDeadlineThatIsNoneIsRefused(_ deadline: Duration) async throws {
        let shop = try Shop()
        var settings = shop.settings()
        settings.deadline = deadline
        let error = try thrownAtOnce { try Client(settings) }
        #expect(error.details.field == "deadline")
        let client = try Client(shop.settings())
        let refused = try await thrown {
            try await client.activate(
                card: shop.card, amount: shop.amount, options: Client.Options(deadline: deadline))
        }
        #expect(refused.details.field == "deadline")
    }

    @Test func settingsThatAreNoneAreRefusedByName() throws {
        let shop = try Shop()
        func field(_ change: (inout Client.Settings) -> Void) throws -> String? {
            var settings = shop.settings()
            change(&settings)
            return try thrownAtOnce { try Client(settings) }.details.field
        }
        #expect(try field { $0.partnerId = "AWSSB" } == "partner_id")
        #expect(try field { $0.endpoint = nil } == "marketplace")
        #expect(try field { $0.region = "mars" } == "region")
        #expect(try field { $0.idTag = "s042" } == "id_tag")
        #expect(try field { $0.rateLimit = 0 } == "rate_limit")
        #expect(try field { $0.rateShare = 0 } == "rate_share")
        #expect(try field { $0.attempts = -1 } == "retry")
        #expect(try field { $0.proxy = "no url" } == "proxy")
        let address = try #require(URL(string: "https://store.example/posa.db"))
        #expect(try field { $0.journal = .file(address) } == "journal")
    }

    @Test func eventsTellWhatHappens() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        let (events, others) = (client.events(), client.events())
        try shop.sandbox.inject(Fault(.dropAfterCommit))
        let receipt = try await client.activate(card: shop.card, amount: shop.amount)
        try await client.close()
        var told: [String] = []
        for await event in events {
            #expect(event.requestId == receipt.requestId)
            #expect(event.card == shop.card.lastFour)
            #expect(event.operation == .activate)
            switch event.kind {
            case .sending: told.append("sending \(event.attempt)")
            case .retrying(_, let because): told.append(because.isEmpty ? "" : "retrying")
            case .settled(let outcome): told.append(outcome)
            case let other: told.append("\(other)")
            }
        }
        #expect(told == ["sending 1", "retrying", "sending 2", "done"])
        #expect(await others.reduce(0) { count, _ in count + 1 } == 4)
    }

    @Test func anIdThatTheSpecificationDoesNotNameIsTakenWithAWarning() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        let events = client.events()
        let sale = Sale(card: shop.card, amount: shop.amount, requestId: "Awssb-till_1")
        #expect(try await client.activate(sale).requestId == sale.requestId)
        try await client.close()
        let warnings = await events.reduce(into: [String]()) { warnings, event in
            if case .warning(let what) = event.kind { warnings.append(what) }
        }
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("letters and digits are sure") == true)
    }

    @Test func aShareOfTheRateIsEnoughToSell() async throws {
        let shop = try Shop()
        var settings = shop.settings()
        settings.rateShare = 1000
        let client = try Client(settings)
        #expect(try await client.activate(card: shop.card, amount: shop.amount).cardStatus == .activated)
    }

    @Test func overTlsWithTheSandboxesOwnAuthority() async throws {
        let shop = try Shop()
        var settings = shop.settings()
        settings.endpoint = shop.sandbox.tlsUrl
        let distrusting = try Client(settings)
        let error = try await thrown {
            try await distrusting.activate(card: shop.card, amount: shop.amount)
        }
        #expect(error.kind == "UNREACHABLE")
        settings.extraCertificates = shop.sandbox.certificateAuthority
        let client = try Client(settings)
        #expect(try await client.activate(card: shop.card, amount: shop.amount).cardStatus == .activated)
    }

    @Test func aPanicInRustIsThrownAndTheCallAfterItWorks() async throws {
        let shop = try Shop()
        let panicked = try thrownAtOnce { try checked { try shop.sandbox.panic() } }
        let waited = try await thrown {
            try await answered { _ in try shop.sandbox.panic() }
        }
        for error in [panicked, waited] {
            #expect(error.kind == "OUTCOME_UNKNOWN")
            #expect(!"\(error)".contains("asked for by a test"))
        }
        let client = try Client(shop.settings())
        #expect(try await client.activate(card: shop.card, amount: shop.amount).cardStatus == .activated)
    }
}
