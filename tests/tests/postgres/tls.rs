//! What `sslmode` promises, on a server with a certificate and on one without.

use posa_core::journal::PostgresJournal;
use posa_core::{Error, ErrorKind};
use posa_tests::postgres::{self, Cluster, Database};
use std::path::Path;
use tempfile::TempDir;

const IN_USE: &str = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
    WHERE ssl AND application_name = 'posa'";

#[tokio::test]
async fn an_encrypted_connection_is_verified_against_the_named_authority() {
    let Some((cluster, folder)) = with_certificate("127.0.0.1") else { return };
    let database = cluster.database();
    let root = folder.path().join("server.crt");
    let _journal = connect(&database, "verify-full", Some(&root)).await.unwrap();
    assert_eq!(database.sql(IN_USE).unwrap(), "1");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_or_another_name_is_refused() {
    let Some((cluster, folder)) = with_certificate("elsewhere.example") else { return };
    let database = cluster.database();
    let root = folder.path().join("server.crt");
    for (mode, root) in [("require", None), ("require", Some(&*root)), ("prefer", None)] {
        let error = connect(&database, mode, root).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Journal);
        assert!(error.message().contains("certificate"), "{mode}: {error:?}");
    }
}

#[tokio::test]
async fn disable_sends_nothing_encrypted_where_encryption_is_offered() {
    let Some((cluster, _folder)) = with_certificate("127.0.0.1") else { return };
    let database = cluster.database();
    let _journal = connect(&database, "disable", None).await.unwrap();
    assert_eq!(database.sql(IN_USE).unwrap(), "0");
}

#[tokio::test]
async fn a_server_without_tls_is_taken_only_by_those_who_allow_it() {
    let Some(database) = postgres::database() else { return };
    for mode in ["require", "verify-ca", "verify-full"] {
        let error = connect(&database, mode, None).await.unwrap_err();
        assert!(error.message().contains("does not support TLS"), "{mode}: {error:?}");
    }
    for mode in ["prefer", "disable"] {
        connect(&database, mode, None).await.unwrap();
    }
}

/// A server with a certificate of its own making for `name`, and the folder where `server.crt` lies.
fn with_certificate(name: &str) -> Option<(Cluster, TempDir)> {
    let cluster = postgres::cluster()?;
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    cluster.configure("ssl = on", &[("server.crt", &certificate), ("server.key", &key)]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("server.crt"), certificate).unwrap();
    Some((cluster, folder))
}

async fn connect(database: &Database, mode: &str, root: Option<&Path>) -> Result<PostgresJournal, Error> {
    let root = root.map(|path| format!("&sslrootcert={}", path.display())).unwrap_or_default();
    PostgresJournal::connect(&format!("{}?sslmode={mode}{root}", database.url())).await
}
