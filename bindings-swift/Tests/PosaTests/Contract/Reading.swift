import Foundation
import Posa
import PosaTesting
import Testing

/// A runner refuses members it does not know.
func known(_ json: Json, _ names: Set<String>) throws {
    let unknown = Set(json.members.keys).subtracting(names)
    try #require(unknown.isEmpty, "\(unknown)")
}

/// A client of the scenario's.
func connect(_ sandbox: Sandbox, _ members: Json) throws -> Client {
    try known(
        members,
        [
            "journal", "format", "marketplace", "environment", "endpoint", "region", "tls", "partner_id",
            "access_key_id", "secret_access_key", "attempts", "attempt_timeout_ms", "deadline_ms",
        ])
    let isLive = members["environment"]?.text == "production"
    let own = members["tls"]?.bool == true ? sandbox.tlsUrl : sandbox.url
    let journals = ["memory": Journal.memory, "none": Journal.none]
    let key = sandbox.credentials
    var settings = Client.Settings(
        partnerId: members["partner_id"]?.text ?? sandbox.partnerId,
        marketplace: try members["marketplace"]?.text.map { try Marketplace(code: $0) },
        environment: isLive ? .production : nil,
        endpoint: members["endpoint"]?.text ?? (isLive ? nil : own),
        region: members["region"]?.text ?? (isLive ? nil : sandbox.region),
        credentials: StaticCredentials(
            accessKeyId: members["access_key_id"]?.text ?? key.accessKeyId,
            secretAccessKey: members["secret_access_key"]?.text ?? key.secretAccessKey),
        journal: try #require(journals[members["journal"]?.text ?? "memory"]))
    settings.extraCertificates = sandbox.certificateAuthority
    settings.format = try #require(Client.Settings.Format(rawValue: members["format"]?.text ?? "json"))
    settings.attempts = members["attempts"]?.int ?? 3
    settings.attemptTimeout = .milliseconds(members["attempt_timeout_ms"]?.int ?? 6000)
    settings.deadline = .milliseconds(members["deadline_ms"]?.int ?? 30_000)
    settings.retryBase = .milliseconds(1)
    settings.retryCap = .milliseconds(10)
    settings.rateLimit = nil
    return try Client(settings)
}

/// The digits of the card that a scenario chooses.
func select(_ inventory: [Card], _ chosen: Json) throws -> String {
    try known(chosen, ["currency", "marketplace", "denomination", "index", "digits", "checksum"])
    let fits = inventory.filter { card in
        card.denomination?.text == chosen["denomination"]?.text
            && [nil, card.currency.code].contains(chosen["currency"]?.text)
            && [nil, card.marketplace.code].contains(chosen["marketplace"]?.text)
    }
    let card = fits[try #require(chosen["index"]?.int)].cardNumber
    guard chosen["digits"]?.int != 16 else { return card.number }
    return chosen["checksum"]?.text.map { card.number + $0 } ?? card.digits
}

/// A transactionSource as the vectors write it down.
func source(_ given: Json) throws -> TransactionSource {
    try known(
        given, ["form", "source_id", "institution_id", "details", "details_json", "max_characters", "shape", "upc"])
    let (store, parent) = (given["source_id"]?.text ?? "", given["institution_id"]?.text ?? "")
    if given["form"]?.text == "short" {
        return .short(
            sourceId: store, institutionId: parent, upc: given["upc"]?.text,
            twoMembers: given["shape"]?.text == "members")
    }
    if let json = given["details_json"]?.text {
        return .long(sourceId: store, institutionId: parent, detailsJson: json)
    }
    let members = given["details"] ?? .null
    var details = TransactionSource.Details(institutionName: members["institutionName"]?.text ?? "")
    details.institutionParentCompany = members["institutionParentCompany"]?.text
    details.address1 = members["address1"]?.text
    details.address2 = members["address2"]?.text
    details.city = members["city"]?.text
    details.state = members["state"]?.text
    details.zip = members["zip"]?.text
    details.phoneNumber = members["phoneNumber"]?.text
    details.upc = members["UPC"]?.text
    details.maxCharacters = given["max_characters"]?.int
    return .long(sourceId: store, institutionId: parent, details: details)
}

func success(_ receipt: Receipt?) -> [String: Json] {
    guard let receipt else { return ["outcome": .text("done")] }
    return [
        "outcome": .text("done"), "card_status": .text(receipt.cardStatus.name),
        "amount": Json(receipt.amount?.text), "currency": Json(receipt.amount?.currency.code),
        "attempts": .int(receipt.attempts), "expires": .bool(receipt.expiration != nil),
        "request_id": .text(receipt.requestId),
    ]
}

func failure(_ error: PosaError) -> [String: Json] {
    let details = error.details
    var isUnknown = false
    if case .outcomeUnknown = error { isUnknown = true }
    #expect(isUnknown == (details.delivery == .unknown))
    return [
        "outcome": .text(isUnknown ? "unknown" : "rejected"), "kind": .text(error.kind),
        "delivery": .text(details.delivery.rawValue), "code": Json(details.code),
        "error_type": Json(details.errorType), "field": Json(details.field), "request_id": Json(details.requestId),
        "attempts": .int(details.attempts),
    ]
}
