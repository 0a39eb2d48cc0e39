use super::alone;
use super::words::{self, Tone};
use crate::server::RequestEntry;
use maud::{Markup, html};

/// One request: what each step came to, and why its signature differs.
pub(in crate::dashboard) fn request(number: u64, entry: &RequestEntry) -> Markup {
    let title = format!("{} · request {number}", words::operation(entry));
    alone(
        &title,
        &html! {
            article data-wide[entry.expected_canonical_request.is_some()] {
                @let tone = Tone::of(entry).class();
            h2 { (words::operation(entry)) " " span class={ "badge " (tone) } { (verdict(entry)) } }
                dl class="facts" {
                    div { dt { "At" } dd { (words::moment(&entry.at)) } }
                    div { dt { "Took" } dd { (words::duration(entry.duration_us)) } }
                    @if let Some(card) = &entry.card {
                    div { dt { "Card" } dd { "•••• " (card.trim_start_matches('.')) } }
                }
                    @if let Some(id) = &entry.request_id { div { dt { "Request id" } dd { code { (id) } } } }
                    @if let Some(partner) = &entry.partner_id { div { dt { "Partner" } dd { code { (partner) } } } }
                    @if !entry.format.is_empty() { div { dt { "Format" } dd { (entry.format.to_uppercase()) } } }
                }
                @if let Some(cause) = &entry.cause {
                    div class="cause" { h3 { "Likely cause" } p { (sentence(cause)) } }
                }
                @if let Some(expected) = &entry.expected_canonical_request {
                    (canonical(entry.signed_canonical_request.as_deref(), expected))
                }
                h3 { "What happened to it" }
                ol class="steps" {
                    @for (name, tone, said) in steps(entry) {
                        li class=(tone.class()) { strong { (name) } span { (said) } }
                    }
                }
            }
        },
    )
}

/// With a capital letter.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn verdict(entry: &RequestEntry) -> String {
    match entry.status {
        Some(status) => {
            format!("{status} {}", entry.verdict.split_once(": ").map_or(&*entry.verdict, |(name, _)| name))
        }
        None => "no answer".into(),
    }
}

type Step = (&'static str, Tone, String);

/// In the order in which the gateway takes them.
fn steps(entry: &RequestEntry) -> Vec<Step> {
    let mut steps = vec![signature(entry)];
    let fault = entry.fault.as_deref();
    if entry.signature == "valid" {
        let throttled = words::is_throttled(entry) && fault != Some("throttle");
        steps.push(match throttled {
            true => ("Throttle", Tone::Odd, "over the partner's limit of this second".into()),
            false => ("Throttle", Tone::Good, "within the partner's limit".into()),
        });
        if let Some(fault) = fault {
            let (title, meaning) = words::fault(fault);
            steps.push(("Fault", Tone::Odd, format!("{title}: {meaning}")));
        }
        if !throttled {
            steps.push(checks(entry));
        }
    }
    steps.push(match entry.committed {
        true => ("Ledger", Tone::Good, "changed".into()),
        false => ("Ledger", Tone::None, "unchanged".into()),
    });
    steps.push(match entry.status {
        Some(status) => ("Answer", Tone::of(entry), format!("HTTP {status}: {}", entry.verdict)),
        None => ("Answer", Tone::Odd, "no byte was sent; the connection was closed".into()),
    });
    steps
}

fn signature(entry: &RequestEntry) -> Step {
    let partner = entry.partner_id.as_deref().unwrap_or_default();
    let (tone, said) = match entry.signature.as_str() {
        "valid" => (Tone::Good, format!("valid, by the key of {partner}")),
        "" | "not checked" => (Tone::None, "not checked".into()),
        refused => (Tone::Bad, format!("refused: {refused}")),
    };
    ("Signature", tone, said)
}

fn checks(entry: &RequestEntry) -> Step {
    const INSTEAD: [&str; 7] =
        ["drop_before_commit", "resend", "throttle", "error", "http_500", "html", "wrong_status"];
    let verdict = &entry.verdict;
    let instead = entry.fault.as_deref().is_some_and(|fault| INSTEAD.contains(&fault));
    let (tone, said) = match words::message(verdict) {
        _ if instead || verdict.starts_with("late:") => (Tone::None, "not reached: the fault came before".into()),
        Some(message) => (Tone::Bad, format!("{verdict}: {message}")),
        None if verdict.starts_with("SUCCESS") => (Tone::Good, "fields, card, amount, state and funds fit".into()),
        None => (Tone::Bad, verdict.clone()),
    };
    ("Checks", tone, said)
}

/// Both sides of a signature, line by line.
fn canonical(signed: Option<&str>, expected: &str) -> Markup {
    let theirs: Vec<&str> = signed.map(|signed| signed.split('\n').collect()).unwrap_or_default();
    let ours: Vec<&str> = expected.split('\n').collect();
    let lines = ours.len().max(theirs.len());
    let first = signed.and_then(|_| (0..lines).find(|&at| theirs.get(at) != ours.get(at)));
    html! {
        h3 { "Canonical requests" }
        @match (signed, first) {
            (None, _) => p {
                "No known mistake gives the signature that was sent. Compare this with what your client signs."
            },
            (Some(_), None) => p { "Both sides wrote the same; the keys that they signed it with differ." },
            (Some(_), Some(at)) => p { "They first differ in " strong { "line " (at + 1) } "." },
        }
        div class="scroll" tabindex="0" role="region" aria-label="Canonical requests" {
            table class="canonical" {
                thead { tr {
                    th scope="col" { span class="sr" { "Line" } }
                    @if signed.is_some() { th scope="col" { "What the client signed" } }
                    th scope="col" { "What the gateway expected" }
                } }
                tbody {
                    @for at in 0..lines {
                        @let (their, our) = (theirs.get(at).copied(), ours.get(at).copied());
                        @let differs = signed.is_some() && their != our;
                        tr class=[differs.then_some("differs")] data-first[first == Some(at)] {
                            th scope="row" { (at + 1) }
                            @if signed.is_some() { td { (line(their, our)) } }
                            td { (line(our, their.filter(|_| signed.is_some()).or(our))) }
                        }
                    }
                }
            }
        }
    }
}

/// A line with what the other side does not have marked.
fn line(own: Option<&str>, other: Option<&str>) -> Markup {
    let Some(own) = own else { return html! { em { "no such line" } } };
    if let Some((name, _)) = own.split_once(':').filter(|(name, value)| SECRET.contains(name) && !value.is_empty()) {
        return html! { (name) ":" em { "not shown" } };
    }
    let Some(other) = other else { return html! { mark { (own) } } };
    let shared = |(a, b): &(char, char)| a == b;
    let start: usize = own.chars().zip(other.chars()).take_while(shared).map(|(c, _)| c.len_utf8()).sum();
    let (own_rest, other_rest) = (own.get(start..).unwrap_or_default(), other.get(start..).unwrap_or_default());
    let end: usize =
        own_rest.chars().rev().zip(other_rest.chars().rev()).take_while(shared).map(|(c, _)| c.len_utf8()).sum();
    let (head, middle, tail) =
        (&own[..start], own_rest.get(..own_rest.len() - end).unwrap_or_default(), &own_rest[own_rest.len() - end..]);
    html! {
        @if own.is_empty() { em { "empty" } }
        (head) @if !middle.is_empty() { mark { (middle) } } (tail)
    }
}

/// Headers that a client may have signed although they carry a secret.
const SECRET: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "x-amz-security-token"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_within_a_line_is_marked_at_whole_characters() {
        let marked = |own, other| line(Some(own), Some(other)).into_string();
        assert_eq!(marked("host:localhost:80", "host:localhost"), "host:localhost<mark>:80</mark>");
        assert_eq!(marked("host:localhost", "host:localhost:80"), "host:localhost");
        assert_eq!(marked("aaa", "aa"), "aa<mark>a</mark>");
        assert_eq!(marked("é<b>", "è<b>"), "<mark>é</mark>&lt;b&gt;");
        assert_eq!(marked("same", "same"), "same");
        assert_eq!(marked("", "x"), "<em>empty</em>");
        assert_eq!(line(None, Some("x")).into_string(), "<em>no such line</em>");
    }

    #[test]
    fn a_signed_header_that_carries_a_secret_is_not_shown() {
        for name in SECRET {
            let shown = line(Some(&format!("{name}:abc")), None).into_string();
            assert_eq!(shown, format!("{name}:<em>not shown</em>"));
        }
    }
}
