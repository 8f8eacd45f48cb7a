//! Which test covers which scenario.
//!
//! Tests append lines of JSON to files in the folder `MIDENTITY_CONFORMANCE_DIR`; a number counts only where its test
//! ran, passed, and checked a value or the server's request log.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Deserialize;

use crate::project::{self, Project};

const SCENARIOS: &str = "tests/vectors/scenarios.json";
const PAGE: &str = "docs/conformance.md";

/// Where the tests of a run leave their records.
pub(crate) fn folder(project: &Project) -> PathBuf {
    project.target.join("conformance")
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenarios {
    #[serde(rename = "about")]
    _about: String,
    scenarios: Vec<Scenario>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    number: u32,
    title: String,
    /// Why no test need cover it.
    absent: Option<String>,
    /// What of it was decided otherwise, or comes later.
    note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    number: u32,
    test: String,
    checked: Checked,
    passed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Checked {
    RequestLog,
    Value,
}

impl Checked {
    fn words(self) -> &'static str {
        match self {
            Self::RequestLog => "request log",
            Self::Value => "value",
        }
    }
}

/// What the last run covers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Records that can't be read or mean nothing.
    pub(crate) faults: Vec<String>,
    /// Numbers that are neither covered nor allowed to be absent.
    pub(crate) missing: Vec<String>,
    /// The page as it should be.
    pub(crate) page: String,
    /// The checked-in page is another.
    pub(crate) page_differs: bool,
}

impl Outcome {
    pub(crate) fn findings(&self, page_counts: bool) -> Vec<String> {
        let mut findings = self.faults.clone();
        findings.extend(self.missing.iter().cloned());
        if self.page_differs && page_counts {
            findings.push(page_differs());
        }
        findings
    }
}

pub(crate) fn page_differs() -> String {
    format!("{PAGE} is not what this run shows; update it with: cargo run -q -p xtask -- conformance --write")
}

/// Compares the records of the last run with the list of scenarios and the page.
pub(crate) fn check(project: &Project) -> Result<Outcome, String> {
    let mut records = String::new();
    for file in project::files(&folder(project), "") {
        records.push_str(&project::read(&file)?);
        records.push('\n');
    }
    let mut outcome = judge(&project.read(SCENARIOS)?, &records)?;
    outcome.page_differs = project.read(PAGE).unwrap_or_default() != outcome.page;
    Ok(outcome)
}

/// Writes the page from the records of the last run; refused while something is missing.
pub(crate) fn write(project: &Project) -> Result<(), String> {
    let outcome = check(project)?;
    let findings = outcome.findings(false);
    if !findings.is_empty() {
        return Err(format!("not written:\n{}", findings.join("\n")));
    }
    project::write(&project.path(PAGE), &outcome.page)
}

fn judge(scenarios: &str, records: &str) -> Result<Outcome, String> {
    let Scenarios { scenarios, .. } =
        serde_json::from_str(scenarios).map_err(|error| format!("{SCENARIOS}: {error}"))?;
    let mut outcome = Outcome::default();
    let mut seen = BTreeSet::new();
    for scenario in &scenarios {
        if !seen.insert(scenario.number) {
            return Err(format!("{SCENARIOS}: {} stands there twice", scenario.number));
        }
    }
    let mut covered: BTreeMap<u32, BTreeMap<String, Checked>> = BTreeMap::new();
    for line in records.lines().filter(|line| !line.trim().is_empty()) {
        match serde_json::from_str::<Record>(line) {
            Err(error) => outcome.faults.push(format!("unreadable record {line:?}: {error}")),
            Ok(record) if !seen.contains(&record.number) => {
                outcome.faults.push(format!("{} claims {}, which is no scenario", record.test, record.number));
            }
            Ok(record) if record.passed => {
                // A test of many cases leaves many records; the one that looked at the request log speaks for it.
                let best = covered.entry(record.number).or_default().entry(record.test).or_insert(record.checked);
                *best = record.checked.min(*best);
            }
            Ok(_) => {}
        }
    }
    for scenario in &scenarios {
        if !covered.contains_key(&scenario.number) && scenario.absent.is_none() {
            outcome.missing.push(format!("scenario {} is covered by no test: {}", scenario.number, scenario.title));
        }
    }
    outcome.page = page(&scenarios, &covered);
    Ok(outcome)
}

fn page(scenarios: &[Scenario], covered: &BTreeMap<u32, BTreeMap<String, Checked>>) -> String {
    let mut page = String::from(
        "# Conformance\n\n\
         Situations that the established managed-identity clients test, and our test for each. Generated from a test run\n\
         (`make test`, then `cargo run -q -p xtask -- conformance --write`): a number counts only where its test ran,\n\
         passed, and checked a value or the server's request log.\n\n\
         | number | scenario | tests |\n|---|---|---|\n",
    );
    let mut sorted: Vec<_> = scenarios.iter().collect();
    sorted.sort_by_key(|scenario| scenario.number);
    for Scenario { number, title, absent, note } in sorted {
        let mut tests: Vec<_> = covered
            .get(number)
            .into_iter()
            .flatten()
            .map(|(test, checked)| format!("`{test}` ({})", checked.words()))
            .collect();
        if let (true, Some(absent)) = (tests.is_empty(), absent) {
            tests.push(format!("absent: {absent}"));
        }
        let note = note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
        let cells = [format!("{title}{note}"), tests.join("<br>")].map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(page, "| {number} | {} | {} |", cells[0], cells[1]);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{"about": "", "scenarios": [
        {"number": 2, "title": "second", "note": "half of it"},
        {"number": 1, "title": "first"},
        {"number": 3, "title": "third", "absent": "comes later"}
    ]}"#;

    fn record(number: u32, passed: bool) -> String {
        format!(r#"{{"number":{number},"test":"t{number}","checked":"request-log","passed":{passed}}}"#)
    }

    #[test]
    fn every_number_needs_a_passing_test_unless_it_may_be_absent() {
        let all = judge(LIST, &format!("{}\n\n{}\n", record(1, true), record(2, true))).unwrap();
        assert_eq!(all.findings(false), Vec::<String>::new());
        let one_failed = judge(LIST, &format!("{}\n{}", record(1, true), record(2, false))).unwrap();
        assert_eq!(one_failed.missing.len(), 1);
        assert!(one_failed.missing[0].contains("scenario 2"), "{:?}", one_failed.missing);
        assert_eq!(judge(LIST, "").unwrap().missing.len(), 2);
    }

    #[test]
    fn the_page_does_not_depend_on_the_order_of_the_records() {
        let one = judge(LIST, &format!("{}\n{}", record(1, true), record(2, true))).unwrap();
        let two = judge(LIST, &format!("{}\n{}\n{}", record(2, true), record(1, true), record(1, true))).unwrap();
        assert_eq!(one, two);
        let rows: Vec<_> = one.page.lines().filter(|line| line.contains("| ")).skip(1).collect();
        assert_eq!(
            rows,
            [
                "| 1 | first | `t1` (request log) |",
                "| 2 | second (half of it) | `t2` (request log) |",
                "| 3 | third | absent: comes later |"
            ]
        );
    }

    #[test]
    fn records_that_mean_nothing_are_faults() {
        let bad = judge(
            LIST,
            &format!("{}\n{}\nnot json", record(9, true), record(1, true).replace("request-log", "nothing")),
        );
        assert_eq!(bad.unwrap().faults.len(), 3);
        assert!(judge(&LIST.replace("\"number\": 2", "\"number\": 1"), "").is_err());
    }

    #[test]
    fn the_real_list_is_whole() {
        let text = include_str!("../../tests/vectors/scenarios.json");
        let list: Scenarios = serde_json::from_str(text).unwrap();
        let numbers: Vec<_> = list.scenarios.iter().map(|scenario| scenario.number).collect();
        assert_eq!(numbers, (1..=123).collect::<Vec<_>>());
        assert!(list.scenarios.iter().all(|scenario| !scenario.title.is_empty()));
    }
}
