import Foundation
import Posa
import PosaTesting
import Testing

/// Run alone, for other tests would grow beside it.
@Suite struct GrowthTests {
    @Test(.enabled(if: Memory.isKnown)) func tenThousandCallsLeaveNothingBehind() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings(signer: shop.sandbox.signer))
        let receipt = try await client.activate(card: shop.card, amount: shop.amount)
        // Through the journal alone, and, one in ten, through the signer and the gateway.
        func call(_ times: Int) async throws {
            for at in 0..<times {
                if at % 10 == 0 {
                    _ = try await client.status(receipt)
                } else {
                    _ = try await client.activate(
                        card: shop.card, amount: shop.amount, requestId: receipt.requestId)
                }
            }
            try shop.sandbox.clearRequests()
        }
        try await call(3000)
        let before = try Memory.kilobytes()
        try await call(10_000)
        let grown = try Memory.kilobytes() - before
        print("10,000 calls: grown by \(grown) KiB")
        #expect(grown < 4096)
    }
}

enum Memory {
    #if os(Linux)
        static let isKnown = true
    #else
        static let isKnown = false
    #endif

    /// What the process has resident.
    static func kilobytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(line.split(separator: " ").compactMap { Int($0) }.first)
    }
}
