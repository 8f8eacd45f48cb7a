//! The files of vectors, one test each.

use crate::case::run_file;

#[test]
fn expiry() {
    run_file("expiry.json");
}

#[test]
fn scopes() {
    run_file("scopes.json");
}

#[test]
fn identities() {
    run_file("identities.json");
}

#[test]
fn answers() {
    run_file("answers.json");
}

#[test]
fn errors() {
    run_file("errors.json");
}

#[test]
fn faults() {
    run_file("faults.json");
}
