use posa_core::ErrorKind;
use posa_core::journal::PostgresJournal;
use posa_tests::postgres;

const PASSWORD: &str = "do-not-tell";

#[tokio::test]
async fn a_url_that_cannot_be_used_is_refused_with_the_remedy() {
    for (url, remedy) in [
        ("postgres://posa:do-not-tell@:5432/shop", "names no host"),
        ("postgres://posa:do-not-tell@/shop", "names no host"),
        ("postgres://posa:do-not-tell@localhost:port/shop", "write it as postgres://user:password@host:5432/database"),
        ("postgres://posa:do-not-tell@localhost/shop?sslmode=maybe", "use disable, prefer, require"),
        ("postgres://posa:do-not-tell@localhost/shop?sslcert=a.pem", "client certificate"),
        ("postgres://posa:do-not-tell@localhost/shop?sslmode=require&sslrootcert=/no/such.pem", "sslrootcert"),
        ("postgres://posa:do-not-tell@localhost/shop?colour=red", "no options but those"),
    ] {
        let error = PostgresJournal::connect(url).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Configuration, Some("journal")), "{url}: {error:?}");
        assert!(error.message().contains(remedy), "{url}: {error:?}");
        assert!(!format!("{error:?} {error}").contains(PASSWORD), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_password() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = PostgresJournal::connect(&format!("postgres://posa:{PASSWORD}@127.0.0.1:{nobody}/shop")).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Journal);
    let expected = format!("the journal at 127.0.0.1:{nobody}/shop cannot be reached");
    assert!(error.message().contains(&expected), "{error:?}");
    assert!(!format!("{error:?} {error}").contains(PASSWORD), "{error:?}");
}

#[tokio::test]
async fn a_wrong_password_is_told_without_it() {
    let Some(database) = postgres::database() else { return };
    let url = database.url().replace("only-for-tests-4711", PASSWORD);
    let error = PostgresJournal::connect(&url).await.unwrap_err();
    assert!(error.message().contains("password authentication failed"), "{error:?}");
    assert!(!format!("{error:?} {error}").contains(PASSWORD), "{error:?}");
}

#[tokio::test]
async fn a_unix_socket_is_an_address_too() {
    let Some(database) = postgres::database() else { return };
    PostgresJournal::connect(&database.socket_url()).await.unwrap();
}

#[tokio::test]
async fn debug_shows_the_place_and_not_the_password() {
    let Some(database) = postgres::database() else { return };
    let shown = format!("{:?}", PostgresJournal::connect(&database.url()).await.unwrap());
    assert!(shown.contains(&format!("127.0.0.1:{}", database.port())) && !shown.contains("only-for"), "{shown}");
}
