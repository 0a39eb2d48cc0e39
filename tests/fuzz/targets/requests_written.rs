//! What the core writes, the sandbox reads, in JSON as in XML; and a signer reads it too.

use crate::agree::wire;
use crate::input::Input;
use posa_core::model::{Operation, ShortForm, SourceDetails};
use posa_core::wire::{Format, Request, encode};
use posa_core::{
    Activate, Amount, CardNumber, Currency, Deactivate, Error, PartnerId, RequestId, StatusCheck, TransactionSource,
};
use posa_sandbox::fuzzing::{Body, read};

/// Bytes that choose, then the texts of a request, one a line; what is wrong is left out.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let operation = input.operation();
    let partner = PartnerId::new("Awssb").unwrap();
    let id = RequestId::derived(&partner, &[input.line()]);
    let card = CardNumber::new(input.line()).unwrap_or_else(|_| CardNumber::new("1400000005567585").unwrap());
    let reference = input.line();
    let mut wanted = Body {
        request_id: Some(id.as_str().to_owned()),
        partner_id: Some(partner.as_str().to_owned()),
        card_number: Some(card.digits().to_owned()),
        amount: None,
        currency: None,
        external_reference: None,
    };
    let kept = |kept: bool| kept.then(|| reference.to_owned());
    match operation {
        Operation::Activate => {
            let sale = activation(card, &mut input);
            let with = sale.clone().external_reference(reference);
            wanted.external_reference = kept(with.is_ok());
            let sale = with.unwrap_or(sale);
            let request = Request::Activate(&sale, &id);
            let amount = request.amount().expect("an activation has an amount");
            wanted.amount = Some(wire(amount));
            wanted.currency = Some(amount.currency().code().to_owned());
            check(request, &partner, wanted);
        }
        Operation::Deactivate => {
            let reversal = Deactivate::new(id, card);
            let with = reversal.clone().external_reference(reference);
            wanted.external_reference = kept(with.is_ok());
            check(Request::Deactivate(&with.unwrap_or(reversal)), &partner, wanted);
        }
        Operation::StatusCheck => {
            let question = StatusCheck::new(id, card);
            let with = question.clone().external_reference(reference);
            wanted.external_reference = kept(with.is_ok());
            check(Request::StatusCheck(&with.unwrap_or(question)), &partner, wanted);
        }
    }
}

fn activation(card: CardNumber, input: &mut Input<'_>) -> Activate {
    let currency = input.pick(&Currency::ALL);
    let minor = u64::from(input.byte()) << 8 | u64::from(input.byte());
    let amount = Amount::from_minor(minor, currency).unwrap_or_else(|_| Amount::from_minor(2500, currency).unwrap());
    let sale = Activate::new(card, amount);
    let sale = sale.clone().program_id(input.line()).unwrap_or(sale);
    let sale = sale.clone().product_type(input.line()).unwrap_or(sale);
    source(input).map_or(sale.clone(), |source| sale.source(source))
}

fn source(input: &mut Input<'_>) -> Result<TransactionSource, Error> {
    let (form, store, parent, text) = (input.byte(), input.line(), input.line(), input.line());
    match form % 3 {
        0 => TransactionSource::long(store, parent, SourceDetails::builder(text).city(store).build()?),
        1 => TransactionSource::short_with(store, parent, Some(text), ShortForm::IdText),
        _ => TransactionSource::short_with(store, parent, None, ShortForm::TwoMembers),
    }
}

fn check(request: Request<'_>, partner: &PartnerId, wanted: Body) {
    let json = encode(request, partner, Format::Json);
    assert_eq!(read(request.operation(), false, &json).as_ref(), Ok(&wanted));
    assert_eq!(encode(request, partner, Format::Json), json, "the same bytes for the same request");
    let xml = encode(request, partner, Format::Xml);
    // The space around an element's text means nothing.
    let trimmed = wanted.external_reference.as_deref().map(|text| text.trim().to_owned());
    assert_eq!(read(request.operation(), true, &xml), Ok(Body { external_reference: trimmed, ..wanted }));
    super::questions::ask(request.operation(), partner, &json).expect("a signer signs what the core writes");
}
