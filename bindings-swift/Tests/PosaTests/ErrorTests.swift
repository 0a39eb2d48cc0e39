import Foundation
import Posa
import PosaTesting
import Testing

/// Every error of the vectors ends in its case, and every case is an error that an app can show.
@Suite struct ErrorTests {
    static let rows = ((try? Json.file("vectors/errors.json"))?["errors"]?.list ?? []).map(ErrorRow.init)

    static let cases: [@Sendable (PosaError.Details) -> PosaError] = [
        PosaError.invalidInput, PosaError.configuration, PosaError.conflict, PosaError.journal, PosaError.unreachable,
        PosaError.rejected, PosaError.alreadyActivated, PosaError.insufficientFunds, PosaError.account,
        PosaError.authentication, PosaError.throttled, PosaError.outcomeUnknown, PosaError.needsAttention,
    ]

    @Test(arguments: rows) func anAnswerEndsInItsCase(_ row: ErrorRow) async throws {
        let json = row.json
        let body = try #require(json["body"]?.text ?? "")
        let gateway = try ScriptedGateway(
            status: try #require(json["status"]?.int), contentType: json["content_type"]?.text ?? "", body: body)
        var settings = Client.Settings(
            partnerId: json["partner_id"]?.text ?? "Awssb", endpoint: gateway.url, region: "us-east-1",
            credentials: StaticCredentials(accessKeyId: "AKIDEXAMPLE", secretAccessKey: "not-a-secret"),
            // Without a journal, an id that is given may have been sent before, and a refusal settles less.
            journal: json["operation"]?.text == "ActivateGiftCard" ? .memory : .none)
        settings.rateLimit = nil
        settings.attempts = 2
        settings.retryBase = .milliseconds(1)
        let client = try Client(settings)
        let error = try await thrown { try await row.ask(client) }
        let details = error.details
        #expect(error.kind == json["kind"]?.text)
        #expect(details.delivery.rawValue == json["delivery"]?.text)
        #expect(details.code == json["code"]?.text)
        #expect(details.errorType == json["error_type"]?.text)
        #expect(details.requestId == json["request_id"]?.text)
        #expect(details.attempts >= 1)
        #expect(!"\(error) \(String(reflecting: error))".contains(try #require(json["card_number"]?.text)))
        withExtendedLifetime(gateway) {}
    }

    @Test func theVectorsWalkEveryCaseThatAGatewayCanCause() {
        let own = ["INVALID_INPUT", "CONFIGURATION", "CONFLICT", "JOURNAL", "UNREACHABLE", "NEEDS_ATTENTION"]
        let kinds = Self.cases.map { $0(PosaError.Details(message: "")).kind }
        #expect(Self.rows.count >= 112)
        #expect(Set(Self.rows.compactMap { $0.json["kind"]?.text }).union(own) == Set(kinds))
        #expect(kinds.count == 13)
    }

    @Test func anErrorHasWordsForACashierAndALineForALog() {
        let details = PosaError.Details(
            message: "the card is not in the inventory", delivery: .answered, requestId: "Awssb1")
        for make in Self.cases {
            let error: any Error = make(details)
            #expect(error.localizedDescription == "the card is not in the inventory")
            #expect("\(error)".hasSuffix(": the card is not in the inventory [request id Awssb1]"))
            #expect(make(details).details == details)
        }
    }

    @Test func theJournalAndTheNetworkHaveCasesOfTheirOwn() async throws {
        let sandbox = try Sandbox()
        let nowhere = URL(fileURLWithPath: "/nowhere/posa.db")
        let card = try sandbox.cards(currency: .usd)[0].cardNumber
        let amount = try Amount("25.00", .usd)
        let homeless = try Client(sandbox.settings(journal: .file(nowhere)))
        let closed = try await thrown {
            try await homeless.activate(card: card, amount: amount)
        }
        #expect(closed.kind == "JOURNAL")
        #expect(closed.details.delivery == .notSent)
        var settings = sandbox.settings()
        settings.endpoint = "http://127.0.0.1:9"
        settings.attempts = 1
        let client = try Client(settings)
        let unreachable = try await thrown {
            try await client.activate(card: card, amount: amount)
        }
        #expect(unreachable.kind == "UNREACHABLE")
        #expect(unreachable.details.delivery == .notSent)
    }
}

struct ErrorRow: Sendable, CustomTestStringConvertible {
    let json: Json

    var testDescription: String { json["name"]?.text ?? "" }

    func ask(_ client: Client) async throws -> Receipt {
        let card = try CardNumber(try #require(json["card_number"]?.text))
        let id = try #require(json["request_id"]?.text)
        switch json["operation"]?.text {
        case "ActivateGiftCard":
            let currency = try Currency(code: json["currency"]?.text ?? "")
            let amount = try Amount(json["amount"]?.text ?? "", currency)
            return try await client.activate(card: card, amount: amount, requestId: id)
        case "DeactivateGiftCard": return try await client.deactivate(card: card, requestId: id)
        default: return try await client.status(card: card, requestId: id)
        }
    }
}
