use posa_core::model::Region;
use posa_core::{
    Amount, CardNumber, Currency, Delivery, Endpoint, Environment, Error, ErrorKind, Marketplace, PartnerId, RequestId,
};
use posa_tests::{Source, vectors};
use serde::Deserialize;
use std::fmt::Debug;

/// A text that a constructor refuses: the field it names and a word of what it says.
#[derive(Deserialize)]
struct Invalid {
    text: String,
    field: String,
    #[serde(default)]
    says: String,
    currency: Option<String>,
    separator: Option<String>,
    partner_id: Option<String>,
}

impl Invalid {
    fn matches<T: Debug>(&self, outcome: Result<T, Error>) {
        let error = outcome.expect_err(&self.text);
        assert_eq!(error.field(), Some(self.field.as_str()), "{:?}: {error}", self.text);
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::InvalidInput, Delivery::NotSent), "{error}");
        assert!(error.message().contains(&self.says), "{:?}: {error} says nothing of {:?}", self.text, self.says);
        assert!(error.to_string().len() < 400, "{error}");
    }
}

#[test]
fn cards() {
    #[derive(Deserialize)]
    struct File {
        valid: Vec<Valid>,
        equal: Vec<(String, String)>,
        unequal: Vec<(String, String)>,
        invalid: Vec<Invalid>,
    }
    #[derive(Deserialize)]
    struct Valid {
        text: String,
        digits: String,
        number: String,
        checksum: Option<String>,
        shown: String,
    }
    let file: File = vectors("cards");
    let card = |text: &str| CardNumber::new(text).unwrap();
    for row in file.valid {
        let card = card(&row.text);
        assert_eq!((card.digits(), card.number()), (row.digits.as_str(), row.number.as_str()));
        assert_eq!(card.checksum(), row.checksum.as_deref());
        assert_eq!(card.to_string(), row.shown);
        assert!(!format!("{card:?}").contains(&row.digits[..12]));
    }
    for (a, b) in file.equal {
        assert_eq!(card(&a), card(&b));
    }
    for (a, b) in file.unequal {
        assert_ne!(card(&a), card(&b));
    }
    for row in file.invalid {
        row.matches(CardNumber::new(&row.text));
    }
}

#[test]
fn typed_amounts() {
    #[derive(Deserialize)]
    struct File {
        valid: Vec<Valid>,
        invalid: Vec<Invalid>,
    }
    #[derive(Deserialize)]
    struct Valid {
        text: String,
        separator: String,
        currency: String,
        decimal: String,
    }
    let file: File = vectors("typed_amounts");
    for row in file.valid {
        let amount = Amount::typed(&row.text, &row.separator, row.currency.parse().unwrap()).unwrap();
        assert_eq!(amount.decimal(), row.decimal, "{}", row.text);
    }
    for row in file.invalid {
        let (separator, currency) = (row.separator.as_deref().unwrap(), row.currency.as_deref().unwrap());
        row.matches(Amount::typed(&row.text, separator, currency.parse().unwrap()));
    }
}

#[test]
fn amounts() {
    #[derive(Deserialize)]
    struct File {
        valid: Vec<Valid>,
        invalid: Vec<Invalid>,
        currencies: Vec<Known>,
        invalid_currencies: Vec<Invalid>,
    }
    #[derive(Deserialize)]
    struct Valid {
        text: String,
        currency: String,
        decimal: String,
        minor_units: u64,
    }
    #[derive(Deserialize)]
    struct Known {
        code: String,
        scale: u32,
    }
    let file: File = vectors("amounts");
    for row in file.valid {
        let currency = row.currency.parse().unwrap();
        let amount = Amount::new(&row.text, currency).unwrap();
        assert_eq!((amount.decimal(), amount.minor_units()), (row.decimal, row.minor_units), "{}", row.text);
        assert_eq!(Amount::from_minor(row.minor_units, currency).unwrap(), amount);
    }
    for row in file.invalid {
        row.matches(Amount::new(&row.text, row.currency.as_deref().unwrap().parse().unwrap()));
    }
    let known: Vec<_> = file.currencies.iter().map(|row| (row.code.as_str(), row.scale)).collect();
    assert_eq!(known, Currency::ALL.map(|currency| (currency.code(), currency.scale())));
    for row in file.invalid_currencies {
        row.matches(row.text.parse::<Currency>());
    }
}

#[test]
fn partner_ids() {
    #[derive(Deserialize)]
    struct File {
        valid: Vec<String>,
        invalid: Vec<Invalid>,
    }
    let file: File = vectors("partner_ids");
    for text in file.valid {
        assert_eq!(PartnerId::new(&text).unwrap().as_str(), text);
    }
    for row in file.invalid {
        row.matches(PartnerId::new(&row.text));
    }
}

#[test]
fn request_ids() {
    #[derive(Deserialize)]
    struct File {
        valid: Vec<Valid>,
        mock: Vec<String>,
        invalid: Vec<Invalid>,
    }
    #[derive(Deserialize)]
    struct Valid {
        partner_id: String,
        text: String,
    }
    let file: File = vectors("request_ids");
    let partner = |id: &str| PartnerId::new(id).unwrap();
    for row in file.valid {
        let id = RequestId::new(&row.text, &partner(&row.partner_id)).unwrap();
        assert!(id.as_str() == row.text && !id.is_mock());
        assert_eq!(RequestId::recorded(&row.text).unwrap(), id);
    }
    for text in file.mock {
        assert!(RequestId::new(&text, &partner("Awssb")).unwrap().is_mock(), "{text}");
    }
    for row in file.invalid {
        row.matches(RequestId::new(&row.text, &partner(row.partner_id.as_deref().unwrap())));
    }
}

#[test]
fn marketplaces() {
    #[derive(Deserialize)]
    struct File {
        marketplaces: Vec<Row>,
        wrong_currency: Vec<Wrong>,
        invalid: Vec<Invalid>,
    }
    #[derive(Deserialize)]
    struct Row {
        code: String,
        name: String,
        aliases: Vec<String>,
        currency: String,
        min: String,
        max: String,
        below_min: Option<String>,
        above_max: String,
        expiry_years: Option<u8>,
        region: String,
        sandbox_host: String,
        production_host: String,
    }
    #[derive(Deserialize)]
    struct Wrong {
        marketplace: String,
        amount: String,
        currency: String,
    }
    let file: File = vectors("marketplaces");
    let codes: Vec<_> = file.marketplaces.iter().map(|row| row.code.as_str()).collect();
    assert_eq!(codes, Marketplace::all().map(Marketplace::code).collect::<Vec<_>>());
    for row in &file.marketplaces {
        let marketplace: Marketplace = row.code.parse().unwrap();
        for alias in &row.aliases {
            assert_eq!(alias.parse::<Marketplace>().unwrap(), marketplace);
        }
        let (min, max) = marketplace.range();
        let known = (marketplace.name(), marketplace.currency().code(), marketplace.expiry_years());
        assert_eq!(known, (row.name.as_str(), row.currency.as_str(), row.expiry_years), "{}", row.code);
        assert_eq!((min.decimal(), max.decimal()), (row.min.clone(), row.max.clone()), "{}", row.code);
        let region: Region = row.region.parse().unwrap();
        assert_eq!(marketplace.region(), region, "{}", row.code);
        for (environment, host) in
            [(Environment::Sandbox, &row.sandbox_host), (Environment::Production, &row.production_host)]
        {
            let endpoint = Endpoint::of(marketplace, environment);
            assert_eq!((endpoint.host(), endpoint.region()), (host.as_str(), region), "{}", row.code);
            assert_eq!(endpoint.url(), format!("https://{host}"));
        }
        let field = |decimal: &str| {
            let checked = Amount::new(decimal, marketplace.currency()).and_then(|amount| marketplace.check(amount));
            checked.err().and_then(|error| error.field())
        };
        assert_eq!((field(&row.min), field(&row.max)), (None, None), "{}", row.code);
        assert_eq!(field(&row.above_max), Some("amount"), "{}", row.code);
        assert_eq!(row.below_min.as_deref().and_then(field), row.below_min.as_ref().map(|_| "amount"), "{}", row.code);
    }
    for row in file.wrong_currency {
        let amount = Amount::new(&row.amount, row.currency.parse().unwrap()).unwrap();
        let error = row.marketplace.parse::<Marketplace>().unwrap().check(amount).unwrap_err();
        assert_eq!(error.field(), Some("currency"), "{error}");
    }
    for row in file.invalid {
        row.matches(row.text.parse::<Marketplace>());
    }
}

#[test]
fn sources() {
    #[derive(Deserialize)]
    struct File {
        valid: Vec<Valid>,
        invalid: Vec<Wrong>,
    }
    #[derive(Deserialize)]
    struct Valid {
        source: Source,
        json: String,
    }
    #[derive(Deserialize)]
    struct Wrong {
        source: Source,
        field: String,
    }
    let file: File = vectors("sources");
    for row in file.valid {
        let body = super::requests::activation_body(row.source.build().unwrap());
        assert!(body.contains(&format!("\"transactionSource\":{}", row.json)), "{body} has no {}", row.json);
    }
    for row in file.invalid {
        let error = row.source.build().expect_err(&format!("{:?}", row.source));
        assert_eq!(error.field(), Some(row.field.as_str()), "{:?}: {error}", row.source);
    }
}
