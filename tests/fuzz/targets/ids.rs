//! Partner ids and request ids.

use crate::input::Input;
use crate::leaks::{assert_safe, printed};
use posa_core::{PartnerId, RequestId};

/// First line: the partner id. The rest: the request id.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let partner = match PartnerId::new(input.line()) {
        Ok(partner) => partner,
        Err(error) => {
            assert_safe(&printed(&error));
            PartnerId::new("Awssb").unwrap()
        }
    };
    assert_eq!(PartnerId::new(partner.as_str()).unwrap(), partner);
    let text = input.text();
    let own = RequestId::new(text, &partner);
    let recorded = RequestId::recorded(text);
    for read in [&own, &recorded] {
        match read {
            Ok(id) => assert!(id.as_str() == text && id.as_str().len() <= RequestId::MAX),
            Err(error) => {
                assert_eq!(error.field(), Some("request_id"));
                assert_safe(&printed(error));
            }
        }
    }
    // An id that may be sent can be read back from the journal.
    assert!(own.is_err() || recorded.is_ok());
    let derived = RequestId::derived(&partner, &[text]);
    assert_eq!(RequestId::new(derived.as_str(), &partner).unwrap(), derived);
}
