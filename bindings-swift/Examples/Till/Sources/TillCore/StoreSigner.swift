public import Foundation
public import Posa

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Asks the store's own server to sign; ../Signer is one. The key never comes near the device.
public struct StoreSigner: RequestSigner {
    private let address: URL
    private let token: String

    /// The server's address, and the token that tells it which till is asking.
    public init(address: URL, token: String) {
        self.address = address
        self.token = token
    }

    /// Posts the question, and returns the headers of the answer.
    public func sign(_ request: UnsignedRequest) async throws -> [String: String] {
        var post = URLRequest(url: address.appendingPathComponent("sign"))
        post.httpMethod = "POST"
        post.setValue("Bearer \(token)", forHTTPHeaderField: "authorization")
        post.setValue("application/json", forHTTPHeaderField: "content-type")
        post.httpBody = request.question
        let (body, response) = try await URLSession.shared.data(for: post)
        switch (response as? HTTPURLResponse)?.statusCode {
        case 200: return try JSONDecoder().decode(Signed.self, from: body).headers
        case 401: throw SigningRefused("the store's server answered 401: it does not know this till")
        case 403: throw SigningRefused(try JSONDecoder().decode(Refused.self, from: body).message)
        // Away for a moment, such as while it starts again: it is asked once more.
        default: throw Away()
        }
    }

    private struct Away: Error {}

    private struct Signed: Decodable {
        let headers: [String: String]
    }

    private struct Refused: Decodable {
        let message: String
    }
}

// A token that is printed is somebody else's till.
extension StoreSigner: CustomStringConvertible, CustomReflectable {
    /// The server; never the token.
    public var description: String { "StoreSigner(\(address.host ?? ""))" }

    /// The server, for `dump` and debuggers; never the token.
    public var customMirror: Mirror { Mirror(self, children: ["server": address.host ?? ""]) }
}
