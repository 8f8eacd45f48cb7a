//! What a run comes to: counts, and the lines that must not be overlooked.

use std::fmt;
use std::ops::AddAssign;
use std::process::ExitStatus;

use crate::results::Results;

/// How many failed tests of a suite are named once more at the end.
const NAMED: usize = 20;

/// Passed, failed, skipped.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// The counts of several suites, and what is said again at the end.
#[derive(Debug, Default)]
pub(crate) struct Report {
    suites: Vec<(String, Counts)>,
    remarks: Vec<String>,
    /// How many of the skips are no failure under CI either.
    excused: u64,
}

impl Report {
    /// Announces a suite or a step on the terminal.
    pub(crate) fn announce(name: &str) {
        println!("\n=== {name}");
    }

    pub(crate) fn add(&mut self, suite: &str, counts: Counts) {
        println!("--- {suite}: {counts}");
        self.suites.push((suite.to_owned(), counts));
    }

    /// A suite's results, which the end of what ran it must bear out.
    pub(crate) fn results(&mut self, suite: &str, results: Results, status: ExitStatus) {
        self.parts(suite, [(suite.to_owned(), results)], status);
    }

    /// As [`Self::results`], where one run, called `whole`, is several suites.
    pub(crate) fn parts(
        &mut self,
        whole: &str,
        parts: impl IntoIterator<Item = (String, Results)>,
        status: ExitStatus,
    ) {
        let mut failed = 0;
        for (suite, results) in parts {
            failed += results.counts.failed;
            self.named(&suite, &results);
        }
        if status.success() != (failed == 0) {
            self.fail(whole, &format!("it ended with {status}, which its counts do not explain"));
        }
    }

    /// The counts, and the names of what failed once more at the end.
    fn named(&mut self, suite: &str, results: &Results) {
        for failed in results.failed.iter().take(NAMED) {
            self.remark(format!("FAILED {suite}: {failed}"));
        }
        if results.failed.len() > NAMED {
            self.remark(format!("FAILED {suite}: {} more, see above", results.failed.len() - NAMED));
        }
        self.add(suite, results.counts);
    }

    pub(crate) fn pass(&mut self, what: &str) {
        self.add(what, Counts { passed: 1, ..Counts::default() });
    }

    pub(crate) fn fail(&mut self, what: &str, why: &str) {
        self.remark(format!("FAILED {what}: {why}"));
        self.add(what, Counts { failed: 1, ..Counts::default() });
    }

    pub(crate) fn skip(&mut self, what: &str, missing: &Missing) {
        self.remark(format!("SKIPPED {what}: {missing}"));
        self.add(what, Counts { skipped: 1, ..Counts::default() });
    }

    /// A skip that is no failure under CI: what is missing need not be on every machine.
    pub(crate) fn skip_excused(&mut self, what: &str, missing: &Missing) {
        self.skip(what, missing);
        self.excused += 1;
    }

    /// Passed when nothing was found, else failed with what was found.
    pub(crate) fn verdict(&mut self, what: &str, findings: &[String]) {
        if findings.is_empty() {
            self.pass(what);
            return;
        }
        for finding in findings {
            println!("{what}: {finding}");
        }
        self.fail(what, &format!("{} finding(s), see above; first: {}", findings.len(), findings[0]));
    }

    /// Says a line now and once more at the end.
    pub(crate) fn remark(&mut self, line: String) {
        println!("{line}");
        self.remarks.push(line);
    }

    pub(crate) fn merge(&mut self, part: &str, other: Report) {
        self.suites.extend(other.suites.into_iter().map(|(suite, counts)| (format!("{part}: {suite}"), counts)));
        self.remarks.extend(other.remarks);
        self.excused += other.excused;
    }

    pub(crate) fn counts(&self) -> Counts {
        let mut total = Counts::default();
        for (_, counts) in &self.suites {
            total += *counts;
        }
        total
    }

    pub(crate) fn is_success(&self, skips_fail: bool) -> bool {
        let counts = self.counts();
        counts.failed == 0 && counts.passed > 0 && !(skips_fail && counts.skipped > self.excused)
    }

    /// The summary; its last line is the total, for people and programs.
    pub(crate) fn print(&self) {
        println!("\n=== summary");
        let width = self.suites.iter().map(|(suite, _)| suite.len()).max().unwrap_or(0);
        for (suite, counts) in &self.suites {
            println!("{suite:width$}  {counts}");
        }
        for remark in &self.remarks {
            println!("{remark}");
        }
        println!("{}", self.counts());
    }
}

/// Something that is not on this machine, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) why: String,
    pub(crate) remedy: String,
}

impl Missing {
    pub(crate) fn new(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; remedy: {}", self.why, self.remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Failed;

    #[test]
    fn a_run_without_a_failure_succeeds_and_ci_wants_no_skip() {
        let mut report = Report::default();
        report.add("a", Counts { passed: 2, failed: 0, skipped: 0 });
        assert!(report.is_success(true));
        report.skip("b", &Missing::new("no tool", "install it"));
        assert!(report.is_success(false));
        assert!(!report.is_success(true));
        assert_eq!(report.counts().to_string(), "2 passed, 0 failed, 1 skipped");
        report.verdict("c", &["wrong".to_owned()]);
        assert!(!report.is_success(false));
    }

    #[test]
    fn an_excused_skip_is_counted_and_no_failure() {
        let mut part = Report::default();
        part.pass("a");
        part.skip_excused("b", &Missing::new("no tool", "install it"));
        let mut whole = Report::default();
        whole.merge("part", part);
        assert_eq!(whole.counts().to_string(), "1 passed, 0 failed, 1 skipped");
        assert!(whole.is_success(true));
        whole.skip("c", &Missing::new("no tool", "install it"));
        assert!(!whole.is_success(true));
    }

    #[test]
    fn what_failed_is_named_at_the_end_and_a_bad_end_is_a_failure() {
        let good = ExitStatus::default();
        let bad = std::process::Command::new("false").status().unwrap();
        let passed = || Results { counts: Counts { passed: 1, ..Counts::default() }, failed: Vec::new() };
        let failed = || Results {
            counts: Counts { failed: 30, ..Counts::default() },
            failed: (0..30).map(|n| Failed { name: format!("test {n}"), said: String::new() }).collect(),
        };
        let mut report = Report::default();
        report.results("a", passed(), good);
        assert!(report.is_success(true));
        report.results("b", failed(), bad);
        assert_eq!(report.counts(), Counts { passed: 1, failed: 30, skipped: 0 });
        assert_eq!(report.remarks.len(), NAMED + 1);
        assert_eq!(report.remarks[1], "FAILED b: test 1");
        report.results("c", passed(), bad);
        assert_eq!(report.counts().failed, 31);
        report.parts("d", [("d1".to_owned(), passed()), ("d2".to_owned(), failed())], bad);
        assert_eq!(report.counts().failed, 61);
        report.parts("e", [("e1".to_owned(), passed())], bad);
        assert_eq!(report.counts().failed, 62);
    }

    #[test]
    fn a_run_that_did_nothing_is_no_success() {
        assert!(!Report::default().is_success(false));
    }

    #[test]
    fn merging_keeps_every_count_and_remark() {
        let mut part = Report::default();
        part.fail("x", "broken");
        let mut whole = Report::default();
        whole.merge("check", part);
        assert_eq!(whole.counts(), Counts { passed: 0, failed: 1, skipped: 0 });
        assert_eq!(whole.remarks, ["FAILED x: broken"]);
    }
}
