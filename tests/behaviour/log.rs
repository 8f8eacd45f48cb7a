//! What the library logs.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use midentity::{Credential, Env, Identity, Source};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::conformance::scenario;

/// Everything that is logged on this thread while it is in force, a line an event.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    /// In force until the guard goes.
    pub(crate) fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let guard = tracing::subscriber::set_default(log.clone());
        (log, guard)
    }

    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Line(&mut self.0.lock().unwrap()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = self.0.lock().unwrap();
        let _ = write!(text, "{} {}", event.metadata().level(), event.metadata().target());
        event.record(&mut Line(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn s001_without_variables_imds_is_chosen_and_the_log_says_so() {
    let mut s = scenario!(1);
    let (log, _guard) = Log::start();
    let credential = Credential::builder().env(Env::fixed([])).build().unwrap();
    s.equal(credential.source(), Source::Imds);
    let text = log.text();
    for word in ["INFO", "IMDS", "http://169.254.169.254"] {
        s.check(text.contains(word), format!("{word} is missing in {text}"));
    }
}

#[test]
fn s020_the_log_names_source_kind_and_value_of_the_identity() {
    let mut s = scenario!(20);
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";
    for (identity, words) in [
        (Identity::Default, "the default identity"),
        (Identity::SystemAssigned, "the system-assigned identity"),
        (Identity::ClientId("c-1".into()), "client_id c-1"),
        (Identity::ObjectId("o-1".into()), "object_id o-1"),
        (Identity::ResourceId(id.into()), "userAssignedIdentities/i"),
    ] {
        let (log, _guard) = Log::start();
        Credential::builder().identity(identity).env(Env::fixed([])).build().unwrap();
        let text = log.text();
        s.check(text.contains("source=\"Imds\"") && text.contains(words), text);
    }
}
