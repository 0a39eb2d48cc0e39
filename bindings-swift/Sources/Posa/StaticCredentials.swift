/// An access key that this program holds itself.
///
/// - Warning: For tests, and for servers and machines that only their owner can open. A key in an app is a key in the
///   hands of whoever has the app: use a ``RequestSigner``.
public struct StaticCredentials: Hashable, Sendable {
    /// The public half.
    public let accessKeyId: String
    package let secretAccessKey: String

    /// Both halves, from the Incentives portal; the client checks them.
    public init(accessKeyId: String, secretAccessKey: String) {
        self.accessKeyId = accessKeyId
        self.secretAccessKey = secretAccessKey
    }
}

extension StaticCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The public half; never the secret.
    public var description: String { "StaticCredentials(accessKeyId: \(accessKeyId), secretAccessKey: ***)" }

    /// The public half; never the secret.
    public var debugDescription: String { description }

    /// The public half, for `dump` and debuggers; never the secret.
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyId": accessKeyId]) }
}
