internal import PosaFFI

/// Where a sale happens (specification, "Additional requirements at Brick and Mortar locations").
///
/// Its values are checked by the activation.
public struct TransactionSource: Hashable, Sendable {
    /// A location in words; all of it together takes at most 200 characters.
    public struct Details: Hashable, Sendable {
        /// The merchant; the specification requires it.
        public var institutionName: String
        /// The company the merchant belongs to.
        public var institutionParentCompany: String?
        /// Street and number.
        public var address1: String?
        /// Second line of the address.
        public var address2: String?
        /// City.
        public var city: String?
        /// State or province.
        public var state: String?
        /// Postal code.
        public var zip: String?
        /// Telephone number of the location.
        public var phoneNumber: String?
        /// The product's UPC.
        public var upc: String?
        /// Another limit than 200: the specification's own sample is longer than its limit.
        public var maxCharacters: Int?

        /// Begins with the name of the merchant.
        public init(institutionName: String) {
            self.institutionName = institutionName
        }
    }

    private enum Form: Hashable {
        case long(Details)
        case json(String)
        case short(upc: String?, twoMembers: Bool)
    }

    /// The store.
    public let sourceId: String
    /// The store's parent.
    public let institutionId: String
    private let form: Form

    /// The location is described in each request.
    ///
    /// - Parameters:
    ///   - sourceId: Names the store, in at most 20 characters.
    ///   - institutionId: Names its parent, in at most 20 characters; without a parent, give the store again.
    ///   - details: The location.
    /// - Returns: The long form.
    public static func long(sourceId: String, institutionId: String, details: Details) -> Self {
        Self(sourceId: sourceId, institutionId: institutionId, form: .long(details))
    }

    /// The location is described in each request, by a finished JSON text with an `institutionName`.
    public static func long(sourceId: String, institutionId: String, detailsJson: String) -> Self {
        Self(sourceId: sourceId, institutionId: institutionId, form: .json(detailsJson))
    }

    /// The identifiers only; a location mapping file is sent to Amazon beforehand.
    ///
    /// - Parameters:
    ///   - sourceId: Names the store, in at most 20 characters.
    ///   - institutionId: Names its parent, in at most 20 characters.
    ///   - upc: The product's UPC.
    ///   - twoMembers: Writes them as in the specification's text instead of its sample; `upc` has no place then.
    /// - Returns: The short form.
    public static func short(
        sourceId: String, institutionId: String, upc: String? = nil, twoMembers: Bool = false
    ) -> Self {
        Self(sourceId: sourceId, institutionId: institutionId, form: .short(upc: upc, twoMembers: twoMembers))
    }

    var native: Source {
        switch form {
        case .long(let details):
            .long(sourceId: sourceId, institutionId: institutionId, details: details.native)
        case .json(let json):
            .longJson(sourceId: sourceId, institutionId: institutionId, json: json)
        case .short(let upc, let twoMembers):
            .short(sourceId: sourceId, institutionId: institutionId, upc: upc, twoMembers: twoMembers)
        }
    }
}

extension TransactionSource.Details {
    fileprivate var native: Location {
        Location(
            institutionName: institutionName, institutionParentCompany: institutionParentCompany, address1: address1,
            address2: address2, city: city, state: state, zip: zip, phoneNumber: phoneNumber, upc: upc,
            maxCharacters: maxCharacters.map { UInt32(clamping: $0) })
    }
}
