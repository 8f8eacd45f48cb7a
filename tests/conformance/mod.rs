//! Records which of the peers' scenarios (`tests/vectors/scenarios.json`) a test covers.
//!
//! A number counts only where its test ran to its end and checked a value or the server's request log, so the record
//! is written when the test's [`Scenario`] goes out of scope without a panic and after a check.

use std::fmt::{Debug, Write as _};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// Begins the record of the numbers, under the name of the test that calls it.
macro_rules! scenario {
    ($($number:expr),+ $(,)?) => {{
        struct Here;
        $crate::conformance::Scenario::new(&[$($number),+], file!(), std::any::type_name::<Here>())
    }};
}
pub(crate) use scenario;

/// The record of one test, written when it goes out of scope.
pub(crate) struct Scenario {
    numbers: Vec<u32>,
    test: String,
    /// What a failure is told of.
    case: String,
    values: u32,
    requests: u32,
}

impl Scenario {
    /// `place` is the path of something inside the test's function; use [`scenario!`].
    pub(crate) fn new(numbers: &[u32], file: &str, place: &str) -> Self {
        let name = place.rsplit("::").find(|part| !matches!(*part, "Here" | "{{closure}}")).unwrap_or(place);
        let test = format!("{file}::{name}");
        Self { numbers: numbers.to_vec(), case: test.clone(), test, values: 0, requests: 0 }
    }

    /// The record of one case of the vectors that the test runs.
    pub(crate) fn case(numbers: &[u32], test: &str, case: &str) -> Self {
        Self { numbers: numbers.to_vec(), case: case.to_owned(), test: test.to_owned(), values: 0, requests: 0 }
    }

    /// Both are the same.
    #[track_caller]
    pub(crate) fn equal<A: Debug + PartialEq<B>, B: Debug>(&mut self, actual: A, expected: B) {
        assert_eq!(actual, expected, "{}", self.case);
        self.values += 1;
    }

    /// It is so.
    #[track_caller]
    pub(crate) fn check(&mut self, holds: bool, what: impl std::fmt::Display) {
        assert!(holds, "{}: {what}", self.case);
        self.values += 1;
    }

    /// An error, as JSON, is what a vector expects: every field of `expected` is the same, and the texts listed in
    /// `message_contains` and `message_lacks` are and are not in the message.
    #[track_caller]
    pub(crate) fn error(&mut self, error: &Value, expected: &Value) {
        let message = error["message"].as_str().unwrap_or_default();
        let words = |name: &str| expected[name].as_array().cloned().unwrap_or_default();
        for text in words("message_contains") {
            let text = text.as_str().unwrap_or_default();
            self.check(message.contains(text), format!("{text:?} is missing in {message:?}"));
        }
        for text in words("message_lacks") {
            let text = text.as_str().unwrap_or_default();
            self.check(!message.contains(text), format!("{text:?} must not be in {message:?}"));
        }
        for (name, value) in expected.as_object().into_iter().flatten() {
            match (name.as_str(), value.as_f64(), error[name].as_f64()) {
                ("message_contains" | "message_lacks", ..) => {}
                (_, Some(number), Some(found)) => self.check(found == number, format!("{name} of {error}")),
                _ => self.equal((name, &error[name]), (name, value)),
            }
        }
    }

    /// What the server's request log shows is what should be there.
    #[track_caller]
    pub(crate) fn requests<A: Debug + PartialEq<B>, B: Debug>(&mut self, logged: A, expected: B) {
        assert_eq!(logged, expected, "{}: the request log", self.case);
        self.requests += 1;
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        assert!(self.values + self.requests > 0, "{} covers {:?} and checks nothing", self.case, self.numbers);
        let Some(folder) = std::env::var_os("MIDENTITY_CONFORMANCE_DIR").map(PathBuf::from) else { return };
        let checked = if self.requests > 0 { "request-log" } else { "value" };
        let test = self.test.replace('\\', "/").replace('"', "'");
        let mut lines = String::new();
        for number in &self.numbers {
            let _ = writeln!(lines, r#"{{"number":{number},"test":"{test}","checked":"{checked}","passed":true}}"#);
        }
        static FILE: Mutex<()> = Mutex::new(());
        let _one_at_a_time = FILE.lock().unwrap_or_else(PoisonError::into_inner);
        let path = folder.join(format!("rust-{}.jsonl", std::process::id()));
        let written = std::fs::create_dir_all(&folder)
            .and_then(|()| OpenOptions::new().append(true).create(true).open(&path))
            .and_then(|mut file| file.write_all(lines.as_bytes()));
        assert!(written.is_ok(), "{}: {written:?}", path.display());
    }
}
