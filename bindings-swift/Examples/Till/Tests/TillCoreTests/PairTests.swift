import Foundation
import Posa
import Testing
import TillCore

/// The till and the FastAPI signer of ../Signer, as two programs, against a sandbox that is a third.
/// ../../test.sh starts both and names them here.
@Suite(.enabled(if: Pair.isThere)) struct PairTests {
    @Test func theServerSignsWhatItsRulesAllow() async throws {
        let pair = try Pair()
        let client = try pair.client(token: pair.token)
        let receipt = try await client.activate(pair.sale(at: 0, for: "25.00"))
        #expect(receipt.cardStatus == .activated)
        #expect(try await client.status(receipt).cardStatus == .activated)
        #expect(try await client.deactivate(receipt).cardStatus == .awaitingActivation)
    }

    @Test func whatTheRulesForbidIsNotSent() async throws {
        let pair = try Pair()
        let client = try pair.client(token: pair.token)
        for (sale, word) in [
            (try pair.sale(at: 1, for: "100.01"), "amount"), (try pair.sale(at: 1, for: "25.00", store: "S2"), "store"),
        ] {
            let error = await pair.error { try await client.activate(sale) }
            #expect(error?.kind == "AUTHENTICATION")
            #expect(error?.details.delivery == .notSent)
            #expect(error?.details.message.contains(word) == true, "\(String(describing: error))")
        }
    }

    @Test func aTillThatTheServerDoesNotKnowSellsNothing() async throws {
        let pair = try Pair()
        let client = try pair.client(token: "somebody else's")
        let sale = try pair.sale(at: 1, for: "25.00")
        let error = await pair.error { try await client.activate(sale) }
        #expect(error?.details.delivery == .notSent)
        #expect(error?.details.message.contains("401") == true)
    }
}

/// The programs' addresses.
private struct Pair: Sendable {
    private struct Ready: Decodable {
        struct Card: Decodable {
            let cardNumber: String
            let checksum: String
            let currency: String
        }

        let url: String
        let region: String
        let partnerId: String
        let cards: [Card]
    }

    static var isThere: Bool { ProcessInfo.processInfo.environment["POSA_PAIR_SIGNER"] != nil }

    let token: String
    private let signer: URL
    private let ready: Ready

    init() throws {
        let environment = ProcessInfo.processInfo.environment
        token = try #require(environment["POSA_PAIR_TOKEN"])
        signer = try #require(environment["POSA_PAIR_SIGNER"].flatMap(URL.init(string:)))
        let file = URL(fileURLWithPath: try #require(environment["POSA_PAIR_READY"]))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        ready = try decoder.decode(Ready.self, from: Data(contentsOf: file))
    }

    func client(token: String) throws -> Client {
        var settings = Client.Settings(
            partnerId: ready.partnerId, endpoint: ready.url, region: ready.region,
            signer: StoreSigner(address: signer, token: token), journal: .memory)
        settings.idTag = "S001"
        return try Client(settings)
    }

    func sale(at index: Int, for amount: String, store: String = "S1") throws -> Sale {
        let card = ready.cards.filter { $0.currency == "USD" }[index]
        return Sale(
            card: try CardNumber(card.cardNumber + card.checksum), amount: try Amount(amount, .usd),
            source: .short(sourceId: store, institutionId: store))
    }

    func error(_ call: () async throws -> Receipt) async -> PosaError? {
        do {
            _ = try await call()
            return nil
        } catch {
            return error as? PosaError
        }
    }
}
