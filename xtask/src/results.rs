//! What the runners of tests say: cargo's lines, and the JUnit reports of pytest, CTest and xunit.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use crate::project::Project;
use crate::report::Counts;

/// How much of a failed test's first line is said again at the end.
const SAID: usize = 300;

/// How many passed, failed and were skipped, and which failed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Results {
    pub(crate) counts: Counts,
    pub(crate) failed: Vec<Failed>,
}

/// A test that failed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) name: String,
    /// What it said first, where that is known.
    pub(crate) said: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.said.is_empty() { Ok(()) } else { write!(f, ": {}", self.said) }
    }
}

impl Results {
    /// Takes in a line of `cargo test` or of a test program that cargo built: whether it says how its tests went.
    pub(crate) fn cargo_line(&mut self, line: &str) -> bool {
        if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
            self.failed.push(Failed { name: name.to_owned(), said: String::new() });
        }
        let Some(counts) = cargo_counts(line) else { return false };
        self.counts += counts;
        true
    }

    fn add(&mut self, case: Case) {
        match case.outcome {
            Outcome::Passed => self.counts.passed += 1,
            Outcome::Skipped => self.counts.skipped += 1,
            Outcome::Failed(said) => {
                self.counts.failed += 1;
                self.failed.push(Failed { name: case.name, said });
            }
        }
    }
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; …`
fn cargo_counts(line: &str) -> Option<Counts> {
    let rest = line.trim_start().strip_prefix("test result: ")?;
    let (_, numbers) = rest.split_once(". ")?;
    let mut counts = Counts::default();
    for part in numbers.split(';') {
        let mut words = part.split_whitespace();
        let (Some(number), Some(what)) = (words.next(), words.next()) else { continue };
        let field = match what {
            "passed" => &mut counts.passed,
            "failed" => &mut counts.failed,
            "ignored" => &mut counts.skipped,
            _ => continue,
        };
        *field = number.parse().ok()?;
    }
    Some(counts)
}

/// Where a run's report of this name goes; there is none of an earlier run.
pub(crate) fn file(project: &Project, name: &str) -> Result<PathBuf, String> {
    let folder = project.target.join("test");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let file = folder.join(format!("{name}.xml"));
    let _ = fs::remove_file(&file);
    Ok(file)
}

/// A whole JUnit report.
pub(crate) fn junit(xml: &str) -> Result<Results, String> {
    let mut all = Results::default();
    cases(xml)?.into_iter().for_each(|case| all.add(case));
    Ok(all)
}

/// A JUnit report, divided by the part of the tests' names before the first dot.
pub(crate) fn junit_parts(xml: &str) -> Result<BTreeMap<String, Results>, String> {
    let mut parts: BTreeMap<String, Results> = BTreeMap::new();
    for case in cases(xml)? {
        let part = case.name.split('.').next().unwrap_or_default().to_owned();
        parts.entry(part).or_default().add(case);
    }
    Ok(parts)
}

struct Case {
    name: String,
    outcome: Outcome,
}

enum Outcome {
    Passed,
    Skipped,
    /// What it said first.
    Failed(String),
}

/// The test cases of a report. One without any is an error: a run that did nothing is no success.
fn cases(xml: &str) -> Result<Vec<Case>, String> {
    let report = roxmltree::Document::parse(xml).map_err(|error| format!("the report is no XML: {error}"))?;
    let mut cases = Vec::new();
    for case in report.descendants().filter(|node| node.has_tag_name("testcase")) {
        let name = case.attribute("name").ok_or("a test case of the report has no name")?;
        let inside = |tag: &str| case.children().find(|child| child.has_tag_name(tag));
        let outcome = if let Some(failure) = inside("failure").or_else(|| inside("error")) {
            Outcome::Failed(first_line(failure.attribute("message").or(failure.text()).unwrap_or_default()))
        } else if inside("skipped").is_some() {
            Outcome::Skipped
        } else {
            Outcome::Passed
        };
        cases.push(Case { name: full_name(case.attribute("classname").unwrap_or_default(), name), outcome });
    }
    if cases.is_empty() { Err("the report names no test".to_owned()) } else { Ok(cases) }
}

/// pytest says the module apart; CTest and xunit say all in the name.
fn full_name(class: &str, name: &str) -> String {
    if class.is_empty() || name.starts_with(class) { name.to_owned() } else { format!("{class}::{name}") }
}

fn first_line(message: &str) -> String {
    message.trim().lines().next().unwrap_or_default().chars().take(SAID).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(results: &Results) -> Vec<String> {
        results.failed.iter().map(Failed::to_string).collect()
    }

    #[test]
    fn cargo_says_how_many_and_which() {
        let mut results = Results::default();
        assert!(!results.cargo_line("test tests::result ... ok"));
        assert!(!results.cargo_line("test tests::other ... FAILED"));
        assert!(results.cargo_line(
            "test result: FAILED. 12 passed; 1 failed; 2 ignored; 0 measured; 1 filtered out; finished in 0.01s"
        ));
        assert!(results.cargo_line("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out"));
        assert_eq!(results.counts, Counts { passed: 13, failed: 1, skipped: 2 });
        assert_eq!(shown(&results), ["tests::other"]);
    }

    #[test]
    fn pytest_says_how_many_and_which() {
        let xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?><testsuites name=\"pytest tests\"><testsuite \
                   name=\"pytest\" errors=\"1\" failures=\"1\" skipped=\"1\" tests=\"4\" time=\"0.1\">\
                   <testcase classname=\"tests.a\" name=\"test_x[1]\" time=\"0.1\" />\
                   <testcase classname=\"tests.a\" name=\"test_y\"><failure message=\"assert 1 == 2&#10;more\">long\
                   </failure></testcase>\
                   <testcase classname=\"tests.a\" name=\"test_z\"><error message=\"\">no fixture</error></testcase>\
                   <testcase classname=\"tests.a\" name=\"test_w\"><skipped type=\"x\" message=\"why\"/></testcase>\
                   </testsuite></testsuites>";
        let results = junit(xml).unwrap();
        assert_eq!(results.counts, Counts { passed: 1, failed: 2, skipped: 1 });
        assert_eq!(shown(&results), ["tests.a::test_y: assert 1 == 2", "tests.a::test_z"]);
        assert!(junit("<testsuites/>").is_err());
        assert!(junit(&xml[..xml.len() - 20]).is_err(), "half a report");
        assert!(junit("").is_err());
    }

    #[test]
    fn ctest_says_how_many_of_each_part() {
        let xml = "<?xml version=\"1.0\"?>\n<testsuite name=\"Linux-c++\"\n\ttests=\"4\"\n>\n\
            <testcase name=\"c.values.x\" classname=\"c.values.x\" time=\"0.1\" status=\"run\"/>\n\
            <testcase name=\"c.values.y\" classname=\"c.values.y\" status=\"fail\"><failure message=\"Timeout\"/>\
            </testcase>\n\
            <testcase name=\"cpp.z\" classname=\"cpp.z\" time=\"0.1\" status=\"run\"/>\n\
            <testcase name=\"cpp.w\" classname=\"cpp.w\" status=\"disabled\"><skipped message=\"Disabled\"/></testcase>\
            </testsuite>";
        let parts = junit_parts(xml).unwrap();
        assert_eq!(parts["c"].counts, Counts { passed: 1, failed: 1, skipped: 0 });
        assert_eq!(shown(&parts["c"]), ["c.values.y: Timeout"]);
        assert_eq!(parts["cpp"].counts, Counts { passed: 1, failed: 0, skipped: 1 });
    }
}
