//! The report in the form that CI servers read.

use super::clean::Left;
use super::report::{Played, Report, Verdict};
use quick_xml::events::BytesText;
use quick_xml::writer::Writer;
use std::io;

type Xml = Writer<Vec<u8>>;

pub(super) fn document(report: &Report) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.create_element("testsuites").with_attribute(("name", "posa certify")).write_inner_content(|xml| {
        for group in report.groups() {
            suite(xml, report, group)?;
        }
        left(xml, report)
    })?;
    Ok(xml.into_inner())
}

fn suite(xml: &mut Xml, report: &Report, group: &[Played]) -> io::Result<()> {
    let count = |verdict| group.iter().filter(|case| case.verdict == verdict).count().to_string();
    let name = group.first().map_or("", |case| case.group);
    xml.create_element("testsuite")
        .with_attribute(("name", name))
        .with_attribute(("tests", group.len().to_string().as_str()))
        .with_attribute(("failures", count(Verdict::Failed).as_str()))
        .with_attribute(("skipped", count(Verdict::NotRun).as_str()))
        .with_attribute(("errors", "0"))
        .with_attribute(("time", seconds(group.iter().map(|case| case.milliseconds).sum()).as_str()))
        .with_attribute(("timestamp", report.started_at.as_str()))
        .write_inner_content(|xml| {
            xml.create_element("properties").write_inner_content(|xml| {
                for (name, value) in report.head() {
                    let property = xml.create_element("property").with_attribute(("name", name));
                    property.with_attribute(("value", value.as_str())).write_empty()?;
                }
                Ok(())
            })?;
            group.iter().try_for_each(|case| test(xml, case))
        })?;
    Ok(())
}

fn test(xml: &mut Xml, case: &Played) -> io::Result<()> {
    let element = xml
        .create_element("testcase")
        .with_attribute(("classname", format!("posa.certify.{}", case.group).as_str()))
        .with_attribute(("name", case.name.as_str()))
        .with_attribute(("time", seconds(case.milliseconds).as_str()));
    let note = case.note.as_deref().unwrap_or_default();
    let (expected, came) = (case.expected.join(", then "), case.came.join(", then "));
    element.write_inner_content(|xml| {
        match case.verdict {
            Verdict::Passed => {}
            Verdict::Failed => {
                let message = format!("expected {expected}; came {came}");
                xml.create_element("failure").with_attribute(("message", message.as_str())).write_empty()?;
            }
            Verdict::NotRun => {
                xml.create_element("skipped").with_attribute(("message", note)).write_empty()?;
            }
        }
        let ids = case.request_ids.join(" ");
        let text = format!("expected: {expected}\ncame: {came}\nrequest ids: {ids}");
        xml.create_element("system-out").write_text_content(BytesText::new(&text))?;
        Ok(())
    })?;
    Ok(())
}

/// Cards that are still active are a failure of the run itself.
fn left(xml: &mut Xml, report: &Report) -> io::Result<()> {
    let count = report.left.len().to_string();
    let suite = xml.create_element("testsuite").with_attribute(("name", "Aftermath")).with_attribute(("tests", "1"));
    let failures = if report.left.is_empty() { "0" } else { "1" };
    suite.with_attribute(("failures", failures)).with_attribute(("skipped", "0")).write_inner_content(|xml| {
        let case = xml.create_element("testcase").with_attribute(("classname", "posa.certify.Aftermath"));
        case.with_attribute(("name", "Every card is inactive again")).write_inner_content(|xml| {
            if report.left.is_empty() {
                return Ok(());
            }
            let lines =
                report.left.iter().map(|Left { card, request_id, why, .. }| format!("{card} {request_id}: {why}"));
            let text = lines.collect::<Vec<_>>().join("\n");
            let failure = xml.create_element("failure").with_attribute(("message", format!("{count} left").as_str()));
            failure.write_text_content(BytesText::new(&text))?;
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

fn seconds(milliseconds: u128) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::commands::certify::report::tests::{HOSTILE, hostile};
    use quick_xml::events::Event;
    use quick_xml::reader::Reader;

    #[test]
    fn whatever_a_gateway_answers_stays_inside_its_attribute() {
        let text = String::from_utf8(document(&hostile()).unwrap()).unwrap();
        let mut reader = Reader::from_str(&text);
        let mut messages = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Empty(element) | Event::Start(element) => {
                    let name = element.name().as_ref().to_owned();
                    assert!(!["script", "img"].contains(&name.as_str()), "{text}");
                    if name == "failure" {
                        messages.push(element.try_get_attribute("message").unwrap().unwrap().value.into_owned());
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(messages.len(), 2, "{text}");
        assert!(messages[0].contains(&quick_xml::escape::escape(HOSTILE).into_owned()), "{messages:?}");
    }
}
