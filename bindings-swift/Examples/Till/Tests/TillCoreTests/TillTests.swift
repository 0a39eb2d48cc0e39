import Posa
import PosaTesting
import Testing
import TillCore

/// The till against the sandbox.
@MainActor
@Suite struct TillTests {
    private let sandbox: Sandbox
    private let client: Client
    private let till: Till
    private let card: CardNumber

    init() throws {
        sandbox = try Sandbox()
        var settings = sandbox.settings(signer: sandbox.signer)
        settings.attempts = 2
        settings.retryBase = .milliseconds(1)
        client = try Client(settings)
        till = Till(client: client, currency: .usd)
        card = try sandbox.cards(currency: .usd)[0].cardNumber
    }

    @Test func aSaleEndsInAReceipt() async throws {
        await till.start()
        #expect(till.state == .ready(notice: nil))
        till.scan("]C0\(card.digits)\r")
        #expect(till.state == .scanned(card))
        await till.sell(for: "25.00")
        guard case .sold(let receipt) = till.state else { throw Unexpected(state: till.state) }
        #expect((receipt.cardNumber, receipt.cardStatus) == (card, .activated))
        till.next()
        #expect(till.state == .ready(notice: nil))
    }

    @Test func anUnknownOutcomeIsAskedAboutAgain() async throws {
        try await loseASale()
        await till.askAgain()
        guard case .sold(let receipt) = till.state else { throw Unexpected(state: till.state) }
        #expect(receipt.attempts == 0)
        #expect(try sandbox.movements().count == 1)
    }

    @Test func anUnknownOutcomeIsGivenUp() async throws {
        try await loseASale()
        await till.giveUp()
        #expect(till.state == .givenUp)
        #expect(try sandbox.card(card).status == .awaitingActivation)
    }

    @Test func theNextLaunchSettlesWhatIsOpen() async throws {
        try await loseASale()
        let next = Till(client: client, currency: .usd)
        await next.start()
        #expect(next.state == .ready(notice: nil))
        #expect(try sandbox.card(card).status == .activated)
        var open = 0
        for try await _ in client.transactions(open: true) { open += 1 }
        #expect(open == 0)
    }

    @Test(arguments: ["2500.00", "twenty", "-1"]) func aWrongAmountIsSaid(_ amount: String) async {
        till.scan(card.digits)
        await till.sell(for: amount)
        guard case .refused(let advice) = till.state else { return #expect(Bool(false), "\(till.state)") }
        #expect(advice.contains("amount"))
    }

    @Test func aBarcodeOfSomethingElseIsNoCard() {
        till.scan("4006381333931")
        guard case .refused(let advice) = till.state else { return #expect(Bool(false), "\(till.state)") }
        #expect(advice.contains("product's code"))
    }

    @Test func aCardThatIsSoldIsNotSoldAgain() async throws {
        _ = try await client.activate(card: card, amount: try Amount("25.00", .usd))
        till.scan(card.digits)
        await till.sell(for: "25.00")
        #expect(till.state == .refused("This card belongs to another sale. Take another card."))
        #expect(try sandbox.movements().count == 1)
    }

    private func loseASale() async throws {
        try sandbox.inject(Fault(.dropAfterCommit, times: 2))
        till.scan(card.digits)
        await till.sell(for: "25.00")
        guard case .unknown = till.state else { throw Unexpected(state: till.state) }
    }
}

private struct Unexpected: Error {
    let state: Till.State
}
