//! The checks that need no ledger, in the order of the live service (protocol section 6.1).

use super::Stop;
use crate::catalogue::{self, Entry};
use crate::wire::{Decimal, Request};
use posa_core::PartnerId;
use posa_core::model::{Operation, RequestId};

const EXTERNAL_REFERENCE: usize = 100;
const NUMBER: usize = 16;
const WITH_CHECKSUM: usize = 19;

/// What the specification demands and the live service does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strictness {
    pub(super) card_numbers: bool,
    pub(super) request_ids: bool,
}

/// A request that is complete and well-formed.
#[derive(Debug)]
pub(super) struct Input<'a> {
    pub(super) request_id: &'a str,
    /// As sent: 16 or 19 digits.
    pub(super) card: &'a str,
    pub(super) action: Action<'a>,
}

#[derive(Debug)]
pub(super) enum Action<'a> {
    Activate { amount: &'a Decimal, currency: &'a str },
    Deactivate,
    StatusCheck,
}

impl<'a> Input<'a> {
    /// The 16 digits that name the card, and the checksum where it was sent.
    pub(super) fn card_number(&self) -> (&'a str, Option<&'a str>) {
        match self.card.split_at_checked(NUMBER) {
            Some((number, checksum)) if !checksum.is_empty() => (number, Some(checksum)),
            _ => (self.card, None),
        }
    }
}

/// The account: `partnerId` must be there, and be the one that the access key belongs to.
pub(super) fn partner(owner: &PartnerId, request: &Request) -> Result<(), Stop> {
    let named = request.partner_id.as_deref().and_then(|id| PartnerId::new(id).ok());
    match named.ok_or(Stop::Early(catalogue::INVALID_PARTNER_ID_INPUT))? == *owner {
        true => Ok(()),
        false => Err(Stop::Early(catalogue::ACCESS_DENIED)),
    }
}

/// Everything else.
pub(super) fn input<'a>(
    operation: Operation,
    owner: &PartnerId,
    request: &'a Request,
    strict: Strictness,
) -> Result<Input<'a>, Stop> {
    let card = filled(&request.card_number, catalogue::INVALID_CARD_NUMBER_INPUT)?;
    let action = match operation {
        Operation::Activate => {
            let amount = request.amount.as_ref().ok_or(Stop::Early(catalogue::INVALID_AMOUNT_INPUT))?;
            if !amount.is_positive() {
                return Err(Stop::Early(catalogue::INVALID_AMOUNT_VALUE));
            }
            Action::Activate { amount, currency: filled(&request.currency, catalogue::INVALID_CURRENCY_CODE_INPUT)? }
        }
        Operation::Deactivate => Action::Deactivate,
        Operation::StatusCheck => Action::StatusCheck,
    };
    let request_id = filled(&request.request_id, catalogue::INVALID_REQUEST_ID_INPUT)?;
    if strict.request_ids && !request_id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Stop::Early(catalogue::INVALID_REQUEST_ID_INPUT));
    }
    if request_id.chars().nth(RequestId::MAX).is_some() {
        return Err(Stop::Late(catalogue::REQUEST_ID_TOO_LONG));
    }
    if !request_id.starts_with(owner.as_str()) {
        return Err(Stop::Late(catalogue::REQUEST_ID_WITHOUT_PARTNER));
    }
    if request.external_reference.as_ref().is_some_and(|text| text.chars().nth(EXTERNAL_REFERENCE).is_some()) {
        return Err(Stop::Late(catalogue::EXTERNAL_REFERENCE_TOO_LONG));
    }
    card_shape(card, strict)?;
    Ok(Input { request_id, card, action })
}

fn card_shape(card: &str, strict: Strictness) -> Result<(), Stop> {
    let shortest = if strict.card_numbers { WITH_CHECKSUM } else { NUMBER };
    let digits = card.bytes().all(|b| b.is_ascii_digit());
    match card.len() {
        _ if !digits => Err(Stop::Late(catalogue::CARD_NUMBER_NOT_FOUND)),
        WITH_CHECKSUM => Ok(()),
        NUMBER if shortest == NUMBER => Ok(()),
        length if length < WITH_CHECKSUM => Err(Stop::Late(catalogue::CARD_NUMBER_TOO_SHORT)),
        _ => Err(Stop::Late(catalogue::CARD_NUMBER_NOT_FOUND)),
    }
}

fn filled<'a>(member: &'a Option<String>, error: &'static Entry) -> Result<&'a str, Stop> {
    member.as_deref().filter(|text| !text.is_empty()).ok_or(Stop::Early(error))
}
