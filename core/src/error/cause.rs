use jiff::Timestamp;

/// What exactly stands in the way of an operation, where one kind of error has several remedies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// Nothing is done about the sale before that time: what was sent may still arrive, or somebody works on it.
    NotBefore(Timestamp),
    /// The journal has no sale with this request id.
    UnknownId,
    /// There is no journal of that name.
    NoJournal,
    /// The id is a mock id, which only a sandbox takes.
    MockId,
    /// The card has a sale without an outcome, under this other request id.
    OpenSale(String),
    /// The journal belongs to another partner or gateway.
    OtherJournal,
    /// The journal is damaged, or sales are missing in it.
    DamagedJournal,
    /// The server's certificate is not trusted.
    Certificate,
    /// The proxy cannot be reached, or does not let the request through.
    Proxy,
    /// The gateway does not know the access key id.
    Key,
    /// The signature was not made with the secret of that access key id.
    Secret,
    /// The signature is for another region or service than the gateway's.
    Region,
    /// The time of the signature is too far from the gateway's.
    Clock,
}

impl Cause {
    /// The stable name that every language uses for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotBefore(_) => "not_before",
            Self::UnknownId => "unknown_id",
            Self::NoJournal => "no_journal",
            Self::MockId => "mock_id",
            Self::OpenSale(_) => "open_sale",
            Self::OtherJournal => "other_journal",
            Self::DamagedJournal => "damaged_journal",
            Self::Certificate => "certificate",
            Self::Proxy => "proxy",
            Self::Key => "key",
            Self::Secret => "secret",
            Self::Region => "region",
            Self::Clock => "clock",
        }
    }
}
