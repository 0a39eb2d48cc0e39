//! Request ids that ask for a fixed answer (protocol section 5 and its section 13, rows 1, 3 and 22).

use crate::catalogue::{self, Entry};
use serde::{Deserialize, Serialize};

/// What the mock id `F1000` answers; the vendor's pages contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum F1000 {
    /// SUCCESS, as the specification says for activations and deactivations.
    #[default]
    Success,
    /// F100 GeneralError, as recorded for gift card creation.
    F100,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mock {
    Success,
    Failure(&'static Entry),
}

/// The answer that a request id asks for; `None` if it is no mock id, or one whose answer is not public.
pub(crate) fn mock(request_id: &str, f1000: F1000) -> Option<Mock> {
    let entry = match request_id {
        "F0000" => return Some(Mock::Success),
        "F1000" if f1000 == F1000::Success => return Some(Mock::Success),
        "F1000" => catalogue::GENERAL_F100,
        "F2000" => catalogue::INVALID_REQUEST_INPUT,
        "F2001" => catalogue::INVALID_CARD_NUMBER_INPUT,
        "F2002" => catalogue::INVALID_PARTNER_ID_INPUT,
        "F2003" => catalogue::INVALID_AMOUNT_INPUT,
        "F2004" => catalogue::INVALID_AMOUNT_VALUE,
        "F2005" => catalogue::INVALID_CURRENCY_CODE_INPUT,
        "F2006" => catalogue::INVALID_REQUEST_ID_INPUT,
        "F2010" => catalogue::ALREADY_ACTIVATED,
        "F2014" => catalogue::NEGATIVE_OR_ZERO_AMOUNT,
        "F2015" => catalogue::MAX_AMOUNT_EXCEEDED,
        "F2016" => catalogue::CURRENCY_CODE_MISMATCH,
        "F2017" => catalogue::FRACTIONAL_AMOUNT_NOT_ALLOWED,
        "F2047" => catalogue::CANCEL_TOO_LATE,
        "F3000" => catalogue::UNKNOWN_CUSTOMER,
        "F3001" => catalogue::INVALID_ACCESS_KEY_ID,
        "F3002" => catalogue::BLOCKED_CUSTOMER,
        "F3003" => catalogue::INSUFFICIENT_FUNDS,
        "F3004" => catalogue::ISSUANCE_CAP_EXCEEDED,
        "F3005" => catalogue::GENERAL_F300,
        "F3006" => catalogue::OPERATION_NOT_PERMITTED,
        "F3007" => catalogue::BAD_INPUT,
        "F3008" => catalogue::ACTIVE_CONTRACT_NOT_FOUND,
        "F3009" => catalogue::CUSTOMER_ACCOUNT_BLOCKED,
        "F3010" => catalogue::DAILY_VELOCITY_LIMIT,
        "F4000" => catalogue::TEMPORARILY_UNAVAILABLE,
        "F5000" => catalogue::GENERAL_F500,
        _ => return None,
    };
    Some(Mock::Failure(entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_digit_is_the_class() {
        let mut known = 0;
        for number in 0..10_000 {
            let id = format!("F{number:04}");
            if let Some(Mock::Failure(entry)) = mock(&id, F1000::F100) {
                assert_eq!(entry.class.code(), format!("{}00", &id[..2]), "{id}");
                known += 1;
            }
        }
        assert_eq!(known, 27);
    }

    #[test]
    fn success_has_two_names_unless_switched() {
        assert_eq!(mock("F0000", F1000::F100), Some(Mock::Success));
        assert_eq!(mock("F1000", F1000::Success), Some(Mock::Success));
        assert_eq!(mock("F1000", F1000::F100), Some(Mock::Failure(catalogue::GENERAL_F100)));
    }

    #[test]
    fn ids_without_a_public_answer_are_no_mocks() {
        for id in ["F2007", "F2013", "F2046", "F9999", "f2003", "F20031", "AwssbF2003", ""] {
            assert_eq!(mock(id, F1000::Success), None, "{id}");
        }
    }
}
