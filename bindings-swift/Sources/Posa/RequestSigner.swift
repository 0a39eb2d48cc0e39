public import Foundation
internal import PosaFFI

/// Signs requests in place of the app, which must not hold the key: normally by asking the store's own server.
///
/// The server checks that the app's user may sell, and calls posa's `sign_request` with the ``UnsignedRequest/question``;
/// that helper reads operation, partner, amount and store from the very bytes that it signs. Its answer is a JSON object
/// with `headers`, which are what ``sign(_:)`` returns.
///
/// ```swift
/// struct StoreSigner: RequestSigner {
///     let server: URL
///
///     func sign(_ request: UnsignedRequest) async throws -> [String: String] {
///         var post = URLRequest(url: server)
///         post.httpMethod = "POST"
///         post.httpBody = request.question
///         let (answer, _) = try await URLSession.shared.data(for: post)
///         return try JSONDecoder().decode([String: [String: String]].self, from: answer)["headers"] ?? [:]
///     }
/// }
/// ```
public protocol RequestSigner: Sendable {
    /// Signs one attempt of one request. An operation may ask several times, at once with others.
    ///
    /// The task is cancelled when nobody waits for the answer any more: the deadline has passed.
    ///
    /// - Returns: The headers `x-amz-date` and `authorization`; others are passed over.
    /// - Throws: A ``SigningRefused`` where the answer is no: nothing is sent, and the operation ends in
    ///   ``PosaError/authentication(_:)``, which says why. Any other error means that nobody could be asked: it is asked
    ///   again, until the operation ends in ``PosaError/unreachable(_:)``; only the error's type is told, for its words
    ///   may hold a secret.
    func sign(_ request: UnsignedRequest) async throws -> [String: String]
}

/// Thrown by a ``RequestSigner`` to say why there is no signature.
public struct SigningRefused: Error, Hashable, Sendable {
    /// One sentence, which the operation's error repeats: at most 200 characters, and no secret.
    public var reason: String

    /// With one sentence.
    public init(_ reason: String) {
        self.reason = reason
    }
}

/// A request that needs a signature. It holds a whole card number, but no secret; its description shows neither.
public struct UnsignedRequest: Sendable {
    /// The operation.
    public let operation: Client.Operation
    /// `POST`.
    public let method: String
    /// The path, such as `/ActivateGiftCard`.
    public let path: String
    /// The headers that are signed beside `x-amz-date`, by lower-case name.
    public let headers: [String: String]
    /// SHA-256 of the body in lower-case hex.
    public let payloadHash: String
    /// The exact bytes that will be sent.
    public let body: Data
    /// The time to sign for, where the server has no better clock.
    public let date: Date
    /// All of it as a JSON object, for a server that calls `sign_request`.
    public let question: Data

    init(_ question: Question) throws {
        operation = try Client.Operation(rawValue: question.operation).orDefect()
        method = "POST"
        path = question.path
        headers = question.headers
        payloadHash = question.payloadHash
        body = question.body
        date = Date(timeIntervalSince1970: TimeInterval(question.now) / 1_000_000)
        self.question = Data(question.json.utf8)
    }
}

extension UnsignedRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The operation alone.
    public var description: String { "UnsignedRequest(\(operation.rawValue))" }

    /// The operation alone.
    public var debugDescription: String { description }

    /// The operation alone, for `dump` and debuggers.
    public var customMirror: Mirror { Mirror(self, children: ["operation": operation]) }
}

/// Answers the core, which asks without waiting, once the signer has.
final class SignerBridge: RemoteSigner {
    private let signer: any RequestSigner

    init(_ signer: any RequestSigner) {
        self.signer = signer
    }

    func sign(question: Question, answer: Answer) {
        let signer = signer
        let work = Task {
            do {
                answer.signed(headers: try await signer.sign(try UnsignedRequest(question)))
            } catch let refused as SigningRefused {
                answer.refused(reason: refused.reason)
            } catch {
                answer.failed(reason: "it threw \(type(of: error))")
            }
        }
        Task {
            await answer.unwanted()
            work.cancel()
        }
    }
}
