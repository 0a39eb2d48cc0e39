import Foundation
import Posa
import PosaTesting
import Testing

/// Somebody else signs: well, badly, not at all.
@Suite struct SignerTests {
    @Test func itGetsWhatIsSignedAndNoSecret() async throws {
        let shop = try Shop()
        let seen = Recorder(shop.sandbox.signer)
        let client = try Client(shop.settings(signer: seen))
        let receipt = try await client.activate(card: shop.card, amount: shop.amount)
        #expect(receipt.cardStatus == .activated)
        let request = try #require(await seen.requests.first)
        #expect((request.operation, request.method, request.path) == (.activate, "POST", "/ActivateGiftCard"))
        #expect(request.headers.keys.sorted() == ["accept", "content-type", "host", "x-amz-target"])
        #expect(request.payloadHash.count == 64)
        #expect(String(decoding: request.body, as: UTF8.self).contains(receipt.requestId))
        let question = try JSONDecoder().decode(Json.self, from: request.question)
        #expect(question["body"]?.text == String(decoding: request.body, as: UTF8.self))
        #expect(question["payloadHash"]?.text == request.payloadHash)
        #expect(abs(request.date.timeIntervalSinceNow) < 600)
        var dumped = ""
        dump(request, to: &dumped)
        #expect(!"\(request) \(String(reflecting: request)) \(dumped)".contains(shop.card.number.prefix(12)))
    }

    @Test func eachAttemptIsSignedAnew() async throws {
        let shop = try Shop()
        let seen = Recorder(shop.sandbox.signer)
        let client = try Client(shop.settings(signer: seen))
        try shop.sandbox.inject(Fault(.dropAfterCommit))
        #expect(try await client.activate(card: shop.card, amount: shop.amount).attempts == 2)
        let requests = await seen.requests
        #expect(requests.count == 2)
        #expect(requests[0].body == requests[1].body)
    }

    @Test func oneThatThrowsSaysItsTypeAndNotItsWords() async throws {
        struct Leaky: Error, CustomStringConvertible { let description = "the secret is hunter2" }
        let error = try await refused("UNREACHABLE") { _ in throw Leaky() }
        #expect(error.details.message.contains("Leaky"))
        #expect(!"\(error)".contains("hunter2"))
    }

    @Test func oneThatRefusesSaysWhy() async throws {
        let reason = "this till may not sell over 20.00"
        let error = try await refused { _ in throw SigningRefused(reason) }
        #expect(error.details.message.contains(reason))
    }

    @Test(arguments: [
        [:], ["x-amz-date": "20260102T030405Z"], ["authorization": "AWS4-HMAC-SHA256 Credential=a"],
        ["x-amz-date": "today", "authorization": "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c"],
        ["x-amz-date": "20260102T030405Z", "authorization": "Bearer hunter2\r\nx: y"],
    ]) func oneThatAnswersWronglyIsNotSent(_ headers: [String: String]) async throws {
        let error = try await refused { _ in headers }
        #expect(!"\(error)".contains("hunter2"))
    }

    @Test func aWrongSignatureIsTheGatewaysToRefuse() async throws {
        let shop = try Shop()
        let answer = [
            "x-amz-date": "20260102T030405Z",
            "authorization": "AWS4-HMAC-SHA256 Credential=a/20260102/us-east-1/AGCODService/aws4_request, "
                + "SignedHeaders=host, Signature=0",
        ]
        let client = try Client(shop.settings(signer: FunctionSigner { _ in answer }))
        let error = try await thrown {
            try await client.activate(card: shop.card, amount: shop.amount)
        }
        #expect(error.kind == "AUTHENTICATION")
        #expect(error.details.delivery == .answered)
        #expect(try shop.sandbox.movements().isEmpty)
    }

    @Test func oneThatHangsEndsWithTheDeadlineAndIsCancelled() async throws {
        let shop = try Shop()
        let (stream, cancelled) = AsyncStream.makeStream(of: Void.self)
        let hanging = FunctionSigner { _ in
            while !Task.isCancelled { await Task.yield() }
            cancelled.yield()
            throw CancellationError()
        }
        let client = try Client(shop.settings(signer: hanging))
        let error = try await thrown {
            try await client.activate(
                card: shop.card, amount: shop.amount, options: Client.Options(deadline: .milliseconds(200)))
        }
        #expect(error.kind == "UNREACHABLE")
        #expect(error.details.delivery == .notSent)
        var ended = stream.makeAsyncIterator()
        #expect(await ended.next() != nil)
        #expect(try shop.sandbox.requests().isEmpty)
        #expect(try await client.rows().map(\.state) == [.rejected])
    }

    @Test(.timeLimit(.minutes(1))) func itIsLetGoOfWithTheClient() async throws {
        let shop = try Shop()
        weak var held: Recorder?
        do {
            let signer = Recorder(shop.sandbox.signer)
            held = signer
            let client = try Client(shop.settings(signer: signer))
            _ = try await client.activate(card: shop.card, amount: shop.amount)
            try await client.close()
        }
        // The core's tasks let go of the client a moment after the call.
        while held != nil { await Task.yield() }
    }

    @Test func oneThatIsAwayForAMomentIsAskedAgain() async throws {
        let shop = try Shop()
        let flaky = Flaky(shop.sandbox.signer, failures: 2)
        let client = try Client(shop.settings(signer: flaky))
        let receipt = try await client.activate(card: shop.card, amount: shop.amount)
        #expect(receipt.attempts == 1)
        #expect(await flaky.asked == 3)
        #expect(receipt.requestId.hasPrefix(shop.sandbox.partnerId + shop.sandbox.idTag))
    }

    @Test func whatOtherTillsSoldIsNotTakenBack() async throws {
        let shop = try Shop()
        let headOffice = try Client(shop.settings())
        let receipt = try await headOffice.activate(card: shop.card, amount: shop.amount)
        let till = try Client(shop.settings(journal: .none, signer: shop.sandbox.signer))
        let refused = try await thrown { try await till.status(receipt) }
        #expect((refused.kind, refused.details.delivery) == ("AUTHENTICATION", .notSent))
        // Without a journal, nobody knows whether the till sent this return before.
        let unsure = try await thrown { try await till.deactivate(receipt) }
        #expect((unsure.kind, unsure.details.delivery) == ("OUTCOME_UNKNOWN", .unknown))
        #expect(try await headOffice.status(receipt).cardStatus == .activated)
    }

    private func refused(
        _ kind: String = "AUTHENTICATION", _ sign: @escaping FunctionSigner.Sign
    ) async throws -> PosaError {
        let shop = try Shop()
        let client = try Client(shop.settings(signer: FunctionSigner(sign: sign)))
        let error = try await thrown {
            try await client.activate(card: shop.card, amount: shop.amount)
        }
        #expect(error.kind == kind)
        #expect(error.details.delivery == .notSent)
        #expect(try shop.sandbox.requests().isEmpty)
        return error
    }
}

struct FunctionSigner: RequestSigner {
    typealias Sign = @Sendable (UnsignedRequest) async throws -> [String: String]

    let sign: Sign

    init(sign: @escaping Sign) {
        self.sign = sign
    }

    func sign(_ request: UnsignedRequest) async throws -> [String: String] {
        try await sign(request)
    }
}

/// Fails so often before it signs.
actor Flaky: RequestSigner {
    private let signer: any RequestSigner
    private let failures: Int
    private(set) var asked = 0

    init(_ signer: any RequestSigner, failures: Int) {
        self.signer = signer
        self.failures = failures
    }

    func sign(_ request: UnsignedRequest) async throws -> [String: String] {
        asked += 1
        if asked <= failures { throw CocoaError(.fileReadUnknown) }
        return try await signer.sign(request)
    }
}

/// Remembers what was asked for.
actor Recorder: RequestSigner {
    private let signer: any RequestSigner
    private(set) var requests: [UnsignedRequest] = []

    init(_ signer: any RequestSigner) {
        self.signer = signer
    }

    func sign(_ request: UnsignedRequest) async throws -> [String: String] {
        requests.append(request)
        return try await signer.sign(request)
    }
}
