//! An event of `tracing` as one line, for the bindings' logs.

use std::fmt::{self, Write};

use tracing::Event;
use tracing::field::{Field, Visit};

/// `message (name=value, …)`.
///
/// ```
/// use tracing::span::{Attributes, Id, Record};
/// struct Show;
/// impl tracing::Subscriber for Show {
///     fn event(&self, event: &tracing::Event<'_>) {
///         assert_eq!(midentity::log_line::of(event), "took a token (source=Imds, attempts=2)");
///     }
/// #   fn enabled(&self, _: &tracing::Metadata<'_>) -> bool { true }
/// #   fn new_span(&self, _: &Attributes<'_>) -> Id { Id::from_u64(1) }
/// #   fn record(&self, _: &Id, _: &Record<'_>) {}
/// #   fn record_follows_from(&self, _: &Id, _: &Id) {}
/// #   fn enter(&self, _: &Id) {}
/// #   fn exit(&self, _: &Id) {}
/// }
/// tracing::subscriber::with_default(Show, || tracing::info!(source = "Imds", attempts = 2, "took a token"));
/// ```
#[must_use]
pub fn of(event: &Event<'_>) -> String {
    let mut line = Line::default();
    event.record(&mut line);
    if line.fields.is_empty() { line.message } else { format!("{} ({})", line.message, line.fields) }
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Line {
    fn add(&mut self, name: &str, value: fmt::Arguments<'_>) {
        if name == "message" {
            let _ = self.message.write_fmt(value);
            return;
        }
        let separator = if self.fields.is_empty() { "" } else { ", " };
        let _ = write!(self.fields, "{separator}{name}={value}");
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), format_args!("{value}"));
    }
}
