internal import PosaFFI

/// A card to activate. Without a request id, the client chooses one before the first send; in a batch it is made of the
/// batch's name, the card and the amount.
public struct Sale: Hashable, Sendable {
    /// The card.
    public var card: CardNumber
    /// For a denominated card, the amount printed on it.
    public var amount: Amount
    /// The id of the sale: the partner id first, 40 characters at most.
    public var requestId: String?
    /// Where the sale happens; required at brick-and-mortar locations.
    public var source: TransactionSource?
    /// The program id that Amazon approved; resellers only.
    public var programId: String?
    /// The type of an Amazon Product Voucher.
    public var productType: String?
    /// A text for the caller's own tracking, at most 100 characters.
    public var externalReference: String?

    /// A card and its amount, and the rarer members where they are wanted.
    public init(
        card: CardNumber, amount: Amount, requestId: String? = nil, source: TransactionSource? = nil,
        programId: String? = nil, productType: String? = nil, externalReference: String? = nil
    ) {
        self.card = card
        self.amount = amount
        self.requestId = requestId
        self.source = source
        self.programId = programId
        self.productType = productType
        self.externalReference = externalReference
    }

    var native: PosaFFI.Sale {
        PosaFFI.Sale(
            card: card.digits, amount: amount.text, currency: amount.currency.code, requestId: requestId,
            source: source?.native, programId: programId, productType: productType,
            externalReference: externalReference)
    }
}
