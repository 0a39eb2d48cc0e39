use super::*;

#[test]
fn answers_have_the_form_of_the_specification() {
    let till = Till::new();
    let check = json!({"statusCheckRequestId": "Awssb1", "partnerId": "Awssb", "cardNumber": CARD});
    let cases = [
        (
            Operation::Activate,
            activation("Awssb1", CARD, "10", "USD"),
            concat!(
                r#"{"activationRequestId":"Awssb1","cardInfo":{"cardNumber":"1400000005567585","#,
                r#""cardStatus":"Activated","expirationDate":null,"value":{"amount":10.0,"currencyCode":"USD"}},"#,
                r#""status":"SUCCESS"}"#,
            ),
        ),
        (
            Operation::StatusCheck,
            check,
            concat!(
                r#"{"cardInfo":{"cardNumber":"1400000005567585","cardStatus":"Activated","expirationDate":null,"#,
                r#""value":null},"status":"SUCCESS","statusCheckRequestId":"Awssb1"}"#,
            ),
        ),
        (
            Operation::Deactivate,
            reversal("Awssb1", CARD),
            concat!(
                r#"{"activationRequestId":"Awssb1","cardInfo":{"cardNumber":"1400000005567585","#,
                r#""cardStatus":"AwaitingActivation","expirationDate":null,"value":null},"status":"SUCCESS"}"#,
            ),
        ),
        (
            Operation::Activate,
            activation("Awssb2", CARD, "2500", "USD"),
            concat!(
                r#"{"agcodResponse":{"__type":"ActivateGiftCardResponse:"#,
                r#"http://internal.amazon.com/coral/com.amazonaws.agcod/","#,
                r#""activationRequestId":"Awssb2","cardInfo":{"cardNumber":null,"cardStatus":null,"#,
                r#""expirationDate":null,"value":{"amount":2500.0,"currencyCode":"USD"}},"status":"FAILURE"},"#,
                r#""errorCode":"F200","errorType":"MaxAmountExceeded","message":"Max Amount Exceeded"}"#,
            ),
        ),
        (
            Operation::Activate,
            activation("Awssb2", CARD, "-1", "USD"),
            concat!(
                r#"{"agcodResponse":{"__type":"ActivateGiftCardResponse:"#,
                r#"http://internal.amazon.com/coral/com.amazonaws.agcod/","#,
                r#""activationRequestId":"Awssb2","cardInfo":null,"status":"FAILURE"},"errorCode":"F200","#,
                r#""errorType":"InvalidAmountValue","message":"Amount must be larger than 0"}"#,
            ),
        ),
        (
            Operation::Deactivate,
            reversal("F4000", CARD),
            concat!(
                r#"{"agcodResponse":{"__type":"DeactivateGiftCardResponse:"#,
                r#"http://internal.amazon.com/coral/com.amazonaws.agcod/","#,
                r#""activationRequestId":null,"cardInfo":null,"status":"RESEND"},"errorCode":"F400","#,
                r#""errorType":"SystemTemporarilyUnavailable","message":"System Temporarily Unavailable"}"#,
            ),
        ),
    ];
    for (operation, body, expected) in cases {
        let (reply, _) = till.send("Awssb", operation, &body);
        assert_eq!(String::from_utf8(reply.body).unwrap(), expected);
        assert_eq!(reply.status, if expected.contains("SUCCESS") { 200 } else { 400 });
        assert_eq!(reply.content_type, "application/json");
    }
}

#[test]
fn xml_is_answered_without_nulls_and_without_a_namespace() {
    let till = Till::new();
    let card = till.variable("JP");
    let send = |operation, body: &str| {
        let reply =
            till.ledger.answer(&partner("Awssb"), operation, Format::Xml, Format::Xml, body.as_bytes(), till.now);
        (reply.status, String::from_utf8(reply.body).unwrap())
    };
    let body = |amount: &str| {
        format!(
            "<ActivateGiftCardRequest><activationRequestId>Awssb&lt;1</activationRequestId><partnerId>Awssb</partnerId>\
             <cardNumber>{card}</cardNumber><value><currencyCode>JPY</currencyCode><amount>{amount}</amount></value>\
             </ActivateGiftCardRequest>"
        )
    };
    let expected = format!(
        "<ActivateGiftCardResponse><cardInfo><value><currencyCode>JPY</currencyCode><amount>500.0</amount></value>\
         <cardNumber>{card}</cardNumber><cardStatus>Activated</cardStatus>\
         <expirationDate>Wed Jan 02 14:59:59 UTC 2036</expirationDate></cardInfo>\
         <activationRequestId>Awssb&lt;1</activationRequestId><status>SUCCESS</status></ActivateGiftCardResponse>"
    );
    assert_eq!(send(Operation::Activate, &body("500")), (200, expected));
    let expected = "<AGCODException><agcodResponse><cardInfo><value><currencyCode>JPY</currencyCode>\
                    <amount>0.5</amount>\
                    </value></cardInfo><activationRequestId>Awssb&lt;1</activationRequestId><status>FAILURE</status>\
                    </agcodResponse><errorCode>F200</errorCode><errorType>FractionalAmountNotAllowed</errorType>\
                    <Message>Fractional Amount Not Allowed</Message></AGCODException>";
    assert_eq!(send(Operation::Activate, &body("0.5")), (400, expected.to_owned()));
    assert_eq!(
        send(Operation::Activate, &body("")),
        (400, "<SerializationException></SerializationException>".to_owned())
    );
}

#[test]
fn unreadable_bodies_get_the_documented_errors() {
    let till = Till::new();
    let null = json!({"partnerId": "Awssb", "value": {"amount": null}});
    let (reply, _) = till.send("Awssb", Operation::Activate, &null);
    assert_eq!((reply.status, reply.body.as_slice()), (400, br#"{"Message":null}"#.as_slice()));
    let broken =
        till.ledger.answer(&partner("Awssb"), Operation::Activate, Format::Json, Format::Json, b"{\"a\":", till.now);
    let json: Value = serde_json::from_slice(&broken.body).unwrap();
    assert_eq!(json["__type"], "com.amazon.coral.service#SerializationException");
    assert!(json["Message"].as_str().unwrap().contains("not valid JSON"));
    let (_, json) = till.send("Awssb", Operation::Activate, &Value::Null);
    assert_eq!(json["errorType"], "InvalidRequestInput");
    assert!(till.ledger.movements().unwrap().is_empty());
}

#[test]
fn checks_come_in_the_order_of_the_live_service() {
    let till = Till::new();
    let long = format!("Awssb{}", "1".repeat(36));
    let mut body = json!({"partnerId": "", "value": {"amount": -1}, "externalReference": "x".repeat(101)});
    let steps: [(&str, Value, &str); 16] = [
        ("/partnerId", json!("awssb"), "F200 InvalidPartnerIdInput"),
        ("/partnerId", json!("Other"), "F200 InvalidPartnerIdInput"),
        ("/partnerId", json!("Awssb"), "F300 AccessDenied"),
        ("/cardNumber", json!("12"), "F200 InvalidCardNumberInput"),
        ("/value/amount", json!(2000), "F200 InvalidAmountValue"),
        ("/value/currencyCode", json!("usd"), "F200 InvalidCurrencyCodeInput"),
        ("/activationRequestId", json!(long), "F200 InvalidRequestIdInput"),
        ("/activationRequestId", json!("Other1"), "F200 RequestIdTooLong"),
        ("/activationRequestId", json!("Awssb"), "F200 RequestIdMustStartWithPartnerName"),
        ("/externalReference", json!("ü".repeat(100)), "F200 ExternalReferenceTooLong"),
        ("/cardNumber", json!("9999999999999999"), "F200 CardNumberTooShort"),
        ("/cardNumber", json!("1400000005567585359"), "F200 CardNumberNotFound"),
        ("/cardNumber", json!("1400000005567585358"), "F200 CardNumberCheckSumError"),
        ("/value/currencyCode", json!("CAD"), "F200 InvalidCurrencyInMarketplace"),
        ("/value/currencyCode", json!("USD"), "F200 CurrencyCodeMismatch"),
        ("/value/amount", json!(10), "SUCCESS Activated"),
    ];
    for (member, correction, verdict) in steps {
        let (reply, _) = till.send("Awssb", Operation::Activate, &body);
        assert_eq!(reply.verdict, verdict, "before {member} = {correction}");
        let parent = if member.starts_with("/value/") { &mut body["value"] } else { &mut body };
        parent[member.rsplit('/').next().unwrap()] = correction;
    }
    let missing = json!({"partnerId": "Awssb", "cardNumber": CARD, "value": {"currencyCode": "USD"}});
    assert_eq!(till.send("Awssb", Operation::Activate, &missing).0.verdict, "F200 InvalidAmountInput");
}

#[test]
fn mock_ids_answer_on_every_operation_and_touch_nothing() {
    let till = Till::new();
    for (id, verdict) in
        [("F0000", "SUCCESS"), ("F1000", "SUCCESS"), ("F2010", "F200"), ("F3005", "F300"), ("F5000", "F500")]
    {
        assert!(till.activate(id, "anything", "10", "USD").starts_with(verdict), "{id}");
        assert!(till.deactivate(id, CARD).starts_with(verdict), "{id}");
        assert!(till.status(id, CARD).starts_with(verdict), "{id}");
    }
    let (reply, json) = till.send("Awssb", Operation::Activate, &activation("F0000", CARD, "12.34", "EUR"));
    assert_eq!((reply.committed, &json["activationRequestId"]), (false, &json!("F0000")));
    assert_eq!(json["cardInfo"]["value"], json!({"amount": 12.34, "currencyCode": "EUR"}));
    assert!(till.ledger.transactions().unwrap().is_empty());
    assert_eq!(till.activate("F2007", CARD, "10", "USD"), "F200 RequestIdMustStartWithPartnerName");
}

#[test]
fn switches_make_it_strict() {
    let strict = LedgerOptions {
        f1000: F1000::F100,
        strict_card_numbers: true,
        strict_request_ids: true,
        server_error_status: true,
        ..options()
    };
    let till = Till::with(&strict);
    let (reply, _) = till.send("Awssb", Operation::Activate, &activation("F1000", CARD, "10", "USD"));
    assert_eq!((reply.status, reply.verdict.as_str()), (500, "F100 GeneralError"));
    assert_eq!(till.activate("Awssb1", CARD, "10", "USD"), "F200 CardNumberTooShort");
    assert_eq!(till.activate("Awssb-1", CARD, "10", "USD"), "F200 InvalidRequestIdInput");
    assert_eq!(till.activate("Awssb1", "1400000005567585358", "10", "USD"), "SUCCESS Activated");
    let lenient = Till::new();
    assert_eq!(lenient.activate("Awssb=!&*-}%", CARD, "10", "USD"), "SUCCESS Activated");
}

#[test]
fn an_injected_error_echoes_the_request_and_changes_nothing() {
    let till = Till::new();
    let body = activation("Awssb1", CARD, "10", "USD").to_string();
    let reply = till.ledger.fail(
        Operation::Activate,
        Format::Json,
        Format::Json,
        body.as_bytes(),
        catalogue::find("F500/GeneralError").unwrap(),
    );
    let json: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!((reply.status, &json["errorCode"]), (400, &json!("F500")));
    assert_eq!(json["agcodResponse"]["activationRequestId"], "Awssb1");
    assert!(till.ledger.movements().unwrap().is_empty());
}

/// Every prefix of a good body, and every byte of it replaced: each is answered, and none charges twice.
#[test]
fn no_body_is_too_broken_to_answer() {
    let till = Till::new();
    let xml = format!(
        "<?xml version=\"1.0\"?><ActivateGiftCardRequest><activationRequestId>Awssb1</activationRequestId>\
         <partnerId>Awssb</partnerId><cardNumber>{CARD}</cardNumber><value><currencyCode>USD</currencyCode>\
         <amount>10</amount></value></ActivateGiftCardRequest>"
    );
    let json = activation("Awssb1", CARD, "10", "USD").to_string();
    for (format, good) in [(Format::Json, json), (Format::Xml, xml)] {
        let good = good.into_bytes();
        let prefixes = (0..good.len()).map(|end| good[..end].to_vec());
        let changed = (0..good.len()).flat_map(|at| {
            [0, b'"', b'\\', b'{', b']', b'<', b'&', b'>', b'9', b'e', b'-', 0xff].map(|byte| {
                let mut body = good.clone();
                body[at] = byte;
                body
            })
        });
        for body in prefixes.chain(changed) {
            let reply = till.ledger.answer(&partner("Awssb"), Operation::Activate, format, format, &body, till.now);
            let well_formed = match format {
                Format::Json => serde_json::from_slice::<Value>(&reply.body).is_ok(),
                Format::Xml => reply.body.starts_with(b"<") && reply.body.ends_with(b">"),
            };
            assert!(well_formed && matches!(reply.status, 200 | 400), "{}", String::from_utf8_lossy(&body));
        }
    }
    for card in till.ledger.cards().unwrap() {
        assert!(card.activations <= 1);
    }
    let charged: Vec<_> = till.ledger.movements().unwrap().into_iter().map(|m| m.request_id).collect();
    let mut once = charged.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), charged.len());
}
