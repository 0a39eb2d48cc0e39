use crate::gateway::Fault;
use crate::till::digits;
use crate::*;
use posa_core::recovery::Reason;

/// A report with a difference of the journal alone, one of the gateway and one of the register.
async fn report() -> Report {
    let shop = Shop::open();
    for n in 0..3 {
        shop.sell(n).await;
    }
    shop.gateway.fault(&digits(1), Fault::Says("=1+1 1400000000000001"));
    shop.report(Some(vec![sold(2, 0, "24"), sold(3, 1, "25"), sold(4, 2, "25"), sold(5, 8, "10")])).await
}

fn written(write: impl FnOnce(&mut Vec<u8>) -> Result<(), posa_core::Error>) -> String {
    let mut file = Vec::new();
    write(&mut file).unwrap();
    String::from_utf8(file).unwrap()
}

#[tokio::test(start_paused = true)]
async fn as_text() {
    let expected = "\
From 2026-09-21T02:13:20Z to 2026-09-22T02:13:20Z
Journal: 3 sales, of which the gateway was asked about 3
Register: 4 sales, and 0 of other times
Differences: 3

gateway_unknown (1): the gateway could not be asked, or its answer says nothing: reconcile again
  2026-09-21T14:13:20Z  Awssb1  ...0001  25.00 USD  journal: activated  gateway: =1+...

sold_not_activated (1): the register sold it and the journal has no activation: the customer's card may be worth nothing
  ...0008  register line 5  register: 10.00 USD

amount_differs (1): the journal and the register have different amounts
  2026-09-21T14:13:20Z  Awssb0  ...0000  25.00 USD  journal: activated  register line 2  register: 24.00 USD
";
    assert_eq!(report().await.to_string(), expected);
}

#[tokio::test(start_paused = true)]
async fn as_csv() {
    let report = report().await;
    let expected = "\
reason,request_id,card,amount,currency,journal,gateway,register_line,register_amount,register_currency,at,note
gateway_unknown,Awssb1,...0001,25.00,USD,activated,'=1+...,,,,2026-09-21T14:13:20Z,
sold_not_activated,,...0008,,,,,5,10.00,USD,,
amount_differs,Awssb0,...0000,25.00,USD,activated,,2,24.00,USD,2026-09-21T14:13:20Z,
";
    assert_eq!(written(|file| report.write_csv(file)), expected);
    let none = Report { differences: Vec::new(), ..report };
    assert_eq!(written(|file| none.write_csv(file)).lines().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn as_json() {
    let report = report().await;
    let text = written(|file| report.write_json(file));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["from"], "2026-09-21T02:13:20Z");
    let counts = serde_json::json!({"sales": 3, "asked": 3, "register": 4, "register_elsewhere": 0});
    assert_eq!(value["counts"], counts);
    let difference = serde_json::json!({
        "reason": "amount_differs", "request_id": "Awssb0", "card": "...0000", "amount": "25.00", "currency": "USD",
        "journal": "activated", "gateway": null, "register_line": 2, "register_amount": "24.00",
        "register_currency": "USD", "at": "2026-09-21T14:13:20Z", "note": null,
    });
    assert_eq!(value["differences"][2], difference);
}

#[tokio::test(start_paused = true)]
async fn i29_no_form_shows_a_card_number() {
    let report = report().await;
    let forms = [
        report.to_string(),
        format!("{report:?}"),
        written(|file| report.write_csv(file)),
        written(|file| report.write_json(file)),
        format!("{:?}", sold(2, 0, "25")),
    ];
    for form in forms {
        assert!(!form.contains("14000000"), "{form}");
    }
}

#[test]
fn a_writer_that_fails_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Err(std::io::Error::other("the disk is full"))
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let report = runtime.block_on(report());
    for failed in [report.write_csv(Full), report.write_json(Full)] {
        assert!(failed.unwrap_err().message().contains("the disk is full"));
    }
}

#[test]
fn each_reason_has_a_name_of_its_own_and_stands_on_the_page() {
    let page = include_str!("../../../docs/reconcile.md");
    let table: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | ")).collect();
    let reasons: Vec<_> = table.iter().filter(|(name, _)| Reason::ALL.iter().any(|one| one.name() == *name)).collect();
    assert_eq!(reasons.len(), Reason::ALL.len());
    for (reason, (name, says)) in Reason::ALL.into_iter().zip(reasons) {
        assert_eq!((reason.name(), format!("{} |", reason.advice())), (*name, (*says).to_owned()));
    }
}
