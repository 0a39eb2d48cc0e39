use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use posa_core::Error;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// HTTPS with a certificate authority that exists for one sandbox alone.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) ca_pem: String,
}

impl Tls {
    /// A certificate for `localhost`, `127.0.0.1`, `::1` and the address listened on.
    pub(crate) fn new(address: IpAddr) -> Result<Self, Error> {
        let failed = |e: &dyn Display| {
            Error::configuration("tls_listen", format!("no certificate for the sandbox could be made: {e}"))
        };
        let ca_key = KeyPair::generate().map_err(|e| failed(&e))?;
        let ca_params = authority();
        let ca = ca_params.self_signed(&ca_key).map_err(|e| failed(&e))?;
        let issuer = Issuer::new(ca_params, ca_key);

        let leaf_key = KeyPair::generate().map_err(|e| failed(&e))?;
        let leaf = leaf(address).and_then(|params| params.signed_by(&leaf_key, &issuer)).map_err(|e| failed(&e))?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key))
            .map_err(|e| failed(&e))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem: ca.pem() })
    }
}

fn authority() -> CertificateParams {
    let mut params = valid_for(3650, CertificateParams::default());
    params.distinguished_name.push(DnType::CommonName, "posa sandbox CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf(address: IpAddr) -> Result<CertificateParams, rcgen::Error> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !names.contains(&address.to_string()) {
        names.push(address.to_string());
    }
    let mut params = valid_for(397, CertificateParams::new(names)?);
    params.distinguished_name.push(DnType::CommonName, "posa sandbox");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Python 3.13 and OpenSSL's strict mode refuse a certificate without it.
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// From the day before yesterday, so that a machine in any time zone and a little late accepts it.
fn valid_for(days: i64, mut params: CertificateParams) -> CertificateParams {
    let day = |from_now: i64| {
        let at = Timestamp::now().saturating_add(SignedDuration::from_hours(24 * from_now));
        let date = TimeZone::UTC.to_datetime(at.unwrap_or_default()).date();
        date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = day(-2);
    params.not_after = day(days - 2);
    params
}
