public import Posa

/// A way to fail that waits for a request to fall upon.
public struct Fault: Hashable, Sendable, Encodable {
    /// What happens.
    public enum Kind: Hashable, Sendable {
        /// The connection is closed; nothing is applied.
        case dropBeforeCommit
        /// The request is applied, then the connection is closed without a byte.
        case dropAfterCommit
        /// The request is applied; the connection is closed in the middle of the answer's body.
        case truncate
        /// The connection is closed at once; the request is applied after so many milliseconds, or when faults are
        /// released.
        case late(milliseconds: Int? = nil)
        /// The request arrives twice; the second answer is sent.
        case duplicate
        /// F400 with status RESEND; nothing is applied.
        case resend
        /// A throttling answer; nothing is applied.
        case throttle
        /// A refusal, such as `InsufficientFunds`; nothing is applied.
        case error(type: String)
        /// The request is applied; the answer comes so many milliseconds late.
        case delay(milliseconds: Int)
        /// HTTP 500 without a body that a client could read; nothing is applied.
        case http500
        /// HTTP 502 with a proxy's HTML page; nothing is applied.
        case html
        /// The sandbox's clock steps by so many seconds, and stays there.
        case skew(seconds: Int)
        /// The request is applied; the answer names another card.
        case garble
        /// SUCCESS, with a card status that was not asked for; nothing is applied.
        case wrongStatus
        /// The request is applied; a success names the card status `Fulfilled`, as the vendor's tables do.
        case fulfilled
    }

    /// What happens.
    public var kind: Kind
    /// On how many requests.
    public var times: Int
    /// Only on this operation.
    public var operation: Client.Operation?
    /// Only on this card.
    public var card: CardNumber?
    /// Only on this request id.
    public var requestId: String?

    /// On the next request, or the next `times` of one operation, card or id.
    public init(
        _ kind: Kind, times: Int = 1, operation: Client.Operation? = nil, card: CardNumber? = nil,
        requestId: String? = nil
    ) {
        self.kind = kind
        self.times = times
        self.operation = operation
        self.card = card
        self.requestId = requestId
    }

    private enum CodingKeys: String, CodingKey {
        case fault, times, operation, cardNumber, requestId, delayMs, errorType, seconds
    }

    /// Writes it as the sandbox's control API reads it.
    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        let name =
            switch kind {
            case .dropBeforeCommit: "drop_before_commit"
            case .dropAfterCommit: "drop_after_commit"
            case .truncate: "truncate"
            case .late: "late"
            case .duplicate: "duplicate"
            case .resend: "resend"
            case .throttle: "throttle"
            case .error: "error"
            case .delay: "delay"
            case .http500: "http_500"
            case .html: "html"
            case .skew: "skew"
            case .garble: "garble"
            case .wrongStatus: "wrong_status"
            case .fulfilled: "fulfilled"
            }
        try members.encode(name, forKey: .fault)
        try members.encode(times, forKey: .times)
        try members.encodeIfPresent(operation?.rawValue, forKey: .operation)
        try members.encodeIfPresent(card?.number, forKey: .cardNumber)
        try members.encodeIfPresent(requestId, forKey: .requestId)
        switch kind {
        case .late(let milliseconds): try members.encodeIfPresent(milliseconds, forKey: .delayMs)
        case .delay(let milliseconds): try members.encode(milliseconds, forKey: .delayMs)
        case .error(let type): try members.encode(type, forKey: .errorType)
        case .skew(let seconds): try members.encode(seconds, forKey: .seconds)
        default: break
        }
    }
}
