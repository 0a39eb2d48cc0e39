use super::Credentials;

/// Something about a key that is most likely a mistake. Says nothing of the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// `access_key_id` or `secret_access_key`.
    pub field: &'static str,
    /// Requests signed with it will be refused.
    pub is_wrong: bool,
    /// What is odd, and what to do.
    pub message: String,
}

/// Characters of the keys that the Incentives portal gives out, as all of AWS does.
const ID: usize = 20;
const SECRET: usize = 40;

/// What looks wrong about a key from the vendor, before it is tried: lengths, characters, the two halves swapped.
pub fn remarks(credentials: &Credentials) -> Vec<Remark> {
    let (id, secret) = (credentials.access_key_id(), credentials.secret_access_key());
    if looks_like_secret(id) || looks_like_id(secret) {
        let message = "the two halves of the key seem to be swapped: the access key id is the short one, in capitals";
        return vec![remark("access_key_id", true, message)];
    }
    let mut remarks = Vec::new();
    if id == secret {
        let message = "both halves of the key are the same text; take the secret from the Incentives portal";
        remarks.push(remark("secret_access_key", true, message));
        return remarks;
    }
    if id.starts_with("ASIA") && looks_like_id(id) {
        let message = "the key is a temporary one, which needs a session token that this service does not take; make a \
                       key in the Incentives portal";
        remarks.push(remark("access_key_id", true, message));
    } else if !looks_like_id(id) {
        let message = format!(
            "the access key id has {} characters; those of the Incentives portal have {ID}, capitals and digits",
            id.len()
        );
        remarks.push(remark("access_key_id", false, message));
    }
    if !looks_like_secret(secret) {
        let message = format!(
            "the secret has {} characters; those of the Incentives portal have {SECRET}: letters, digits, / and +",
            secret.len()
        );
        remarks.push(remark("secret_access_key", false, message));
    }
    remarks
}

fn remark(field: &'static str, is_wrong: bool, message: impl Into<String>) -> Remark {
    Remark { field, is_wrong, message: message.into() }
}

fn looks_like_id(text: &str) -> bool {
    text.len() == ID && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn looks_like_secret(text: &str) -> bool {
    text.len() == SECRET && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ID: &str = "AKIAIOSFODNN7EXAMPLE";
    const SECRET: &str = "wJalrXUtnFEMI+K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn of(id: &str, secret: &str) -> Vec<(&'static str, bool)> {
        let remarks = remarks(&Credentials::new(id, secret).unwrap());
        assert!(!format!("{remarks:?}").contains(secret) && !format!("{remarks:?}").contains(id));
        remarks.iter().map(|remark| (remark.field, remark.is_wrong)).collect()
    }

    #[test]
    fn a_key_in_its_usual_shape_gives_no_remark() {
        assert_eq!(of(ID, SECRET), []);
    }

    #[test]
    fn halves_that_are_swapped_or_the_same_are_wrong() {
        // A secret may hold a slash, which no key id can: those are refused when they are read.
        assert_eq!(of(SECRET, ID), [("access_key_id", true)]);
        assert_eq!(of(ID, ID), [("access_key_id", true)]);
        assert_eq!(of("same-text", "same-text"), [("secret_access_key", true)]);
    }

    #[test]
    fn a_temporary_key_cannot_be_used() {
        assert_eq!(of("ASIAIOSFODNN7EXAMPLE", SECRET), [("access_key_id", true)]);
    }

    #[test]
    fn another_length_or_character_is_remarked() {
        assert_eq!(of("AKIAIOSFODNN7EXAMPL", SECRET), [("access_key_id", false)]);
        assert_eq!(of("akiaiosfodnn7example", SECRET), [("access_key_id", false)]);
        assert_eq!(of(ID, "short"), [("secret_access_key", false)]);
        assert_eq!(of(ID, &SECRET.replace('+', "-")), [("secret_access_key", false)]);
    }
}
