import Posa
import PosaTesting
import XCTest

/// The package in an XCTest bundle, as apps have them.
final class SandboxXCTests: XCTestCase {
    private var sandbox: Sandbox!
    private var client: Client!

    override func setUp() async throws {
        sandbox = try Sandbox()
        client = try Client(sandbox.settings())
    }

    override func tearDown() async throws {
        try await client.close()
        await sandbox.stop()
    }

    func testASaleIsChargedOnceThoughItsAnswerIsLost() async throws {
        try sandbox.inject(Fault(.dropAfterCommit))
        let card = try XCTUnwrap(try sandbox.cards(currency: .usd).first).cardNumber
        let receipt = try await client.activate(card: card, amount: try Amount("25.00", .usd))
        XCTAssertEqual(receipt.cardStatus, .activated)
        XCTAssertEqual(try sandbox.movements().count, 1)
        let returned = try await client.deactivate(receipt)
        XCTAssertEqual(returned.cardStatus, .awaitingActivation)
        XCTAssertEqual(try sandbox.movements().map(\.kind), [.charge, .refund])
    }
}
