use crate::error::Error;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, Error as TlsError, RootCertStore, WantsVerifier};
use rustls_platform_verifier::Verifier;
use std::sync::Arc;

/// TLS 1.2 or newer, verified against the platform's roots and those in `extra_ca_pem`.
pub(crate) fn config(extra_ca_pem: &[u8]) -> Result<ClientConfig, Error> {
    let verifier = verifier(certificates(extra_ca_pem)?, provider())
        .map_err(|e| Error::configuration("tls", format!("no certificate authority can be used: {e}")))?;
    // "Dangerous" names the call that takes any verifier; this one verifies as the platform does.
    Ok(builder()?.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

/// For endpoints without TLS: trusts nobody, so that a connection with TLS would fail.
pub(crate) fn without_roots() -> Result<ClientConfig, Error> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::configuration("tls", e.to_string()))
}

/// Passed by hand: a library must not choose one for the whole process.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[cfg(not(target_os = "android"))]
fn verifier(extra: Vec<CertificateDer<'static>>, provider: Arc<CryptoProvider>) -> Result<Verifier, TlsError> {
    Verifier::new_with_extra_roots(extra, provider)
}

/// Android's own verifier takes no further roots.
#[cfg(target_os = "android")]
fn verifier(extra: Vec<CertificateDer<'static>>, provider: Arc<CryptoProvider>) -> Result<Verifier, TlsError> {
    match extra.as_slice() {
        [] => Verifier::new(provider),
        _ => Err(TlsError::General("on Android, install an extra CA in the system's store".into())),
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let wrong = |what: String| Error::configuration("extra_ca", what);
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|e| wrong(format!("the extra CA is not PEM: {e}")))?;
    if certificates.is_empty() && !pem.is_empty() {
        return Err(wrong("the extra CA holds no certificate; give a PEM file with BEGIN CERTIFICATE".into()));
    }
    Ok(certificates)
}
