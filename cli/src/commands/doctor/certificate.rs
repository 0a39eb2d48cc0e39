use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// What a person wants to know of a server's certificate.
pub(super) struct Shown {
    /// Whoever signed it, such as `CN=Amazon RSA 2048 M01,O=Amazon,C=US`: a proxy that looks into TLS shows here.
    pub(super) issuer: String,
    pub(super) ends_at: Timestamp,
}

/// `None` if it cannot be read.
pub(super) fn read(der: &[u8]) -> Option<Shown> {
    let certificate = Certificate::from_der(der).ok()?.tbs_certificate;
    let ends_at = certificate.validity.not_after.to_unix_duration().as_secs();
    Some(Shown {
        issuer: certificate.issuer.to_string().chars().filter(|c| !c.is_control()).take(80).collect(),
        ends_at: Timestamp::from_second(ends_at.try_into().ok()?).ok()?,
    })
}
