//! A till that reads its orders from standard input: the process that the kill tests kill.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    posa_tests::till::work().await
}
