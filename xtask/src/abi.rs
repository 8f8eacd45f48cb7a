//! What holds the C ABI together: the header's own rules, and the built library against the header.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::header;
use crate::process;
use crate::project::{self, Project};

const HEADER: &str = "include/midentity.h";
const VERSION: &str = "bindings/c/src/version.rs";
const TESTS: &str = "tests/c";
const PAGE: &str = "docs/conventions-c.md";

/// The variable by which tests have the library panic; a release must not know it.
const TEST_HOOK: &[u8] = b"MIDENTITY_TEST_PANIC";

/// Everything about the header that can be said without building the library.
pub(crate) fn check(project: &Project) -> Result<Vec<String>, String> {
    let text = project.read(HEADER)?;
    let mut findings = structs(&text);
    findings.extend(undocumented(&text));
    let version = project.read(VERSION)?;
    for name in ["MIDENTITY_ABI_VERSION_MAJOR", "MIDENTITY_ABI_VERSION_MINOR"] {
        let (there, here) = (defined(&text, name), number(&version, name));
        if there.is_none() || there != here {
            findings.push(format!("{HEADER}: {name} is {there:?}, in {VERSION} {here:?}"));
        }
    }
    findings.extend(page(project)?);
    Ok(findings)
}

/// The structs that C sees the inside of can grow: each begins with its size.
fn structs(header: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let mut found = 0;
    for body in header.split("\ntypedef struct ").skip(1) {
        let Some((name, rest)) = body.split_once(" {\n") else { continue };
        if name.contains(char::is_whitespace) {
            continue;
        }
        found += 1;
        let first = without_comments(rest).split(';').next().unwrap_or_default().trim().to_owned();
        if first != "size_t struct_size" {
            findings.push(format!("{HEADER}: {name} begins with {first:?}, not with size_t struct_size"));
        }
    }
    if found == 0 {
        findings.push(format!("{HEADER}: no struct found"));
    }
    findings
}

/// Every function has its comment.
fn undocumented(header: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let parts: Vec<_> = header.split("\nMIDENTITY_API\n").collect();
    for pair in parts.windows(2) {
        if !pair[0].trim_end().ends_with("*/") {
            let line = pair[1].lines().next().unwrap_or_default();
            findings.push(format!("{HEADER}: no documentation before {line:?}"));
        }
    }
    findings
}

fn defined(header: &str, name: &str) -> Option<u32> {
    header.lines().find_map(|line| line.strip_prefix(&format!("#define {name} "))?.trim().parse().ok())
}

fn number(rust: &str, name: &str) -> Option<u32> {
    let start = format!("pub const {name}: u32 = ");
    rust.lines().find_map(|line| line.strip_prefix(&start)?.trim_end_matches(';').parse().ok())
}

/// The tests that the page of conventions names exist. A name is `c.FILE.CASE` in backticks.
fn page(project: &Project) -> Result<Vec<String>, String> {
    let text = project.read(PAGE)?;
    let mut findings = Vec::new();
    let mut named = 0;
    for name in text.split('`').skip(1).step_by(2).filter(|name| name.starts_with("c.")) {
        let mut parts = name.split('.').skip(1);
        let (file, case) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        named += 1;
        let source = project.read(&format!("{TESTS}/{file}.c")).unwrap_or_default();
        let cmake = project.read(&format!("{TESTS}/CMakeLists.txt"))?;
        if !source.contains(&format!("TEST({case})")) && !cmake.contains(&format!("\"{name}\"")) {
            findings.push(format!("{PAGE}: there is no test {name}"));
        }
    }
    if named == 0 {
        findings.push(format!("{PAGE}: names no test"));
    }
    Ok(findings)
}

/// The shared library as cargo has built it: its symbols are the listed ones and no others, and its name for the loader
/// carries the ABI's major version.
pub(crate) fn built(project: &Project, library: &Path) -> Result<Vec<String>, String> {
    let listed: BTreeSet<_> = project.read("bindings/c/symbols.txt")?.lines().map(str::to_owned).collect();
    let told = process::output(Command::new("nm").args(["-D", "--defined-only"]).arg(library))?;
    let mut findings = differences(&listed, &exported(&told));
    let told = process::output(Command::new("readelf").arg("-d").arg(library))?;
    let major = defined(&project.read(HEADER)?, "MIDENTITY_ABI_VERSION_MAJOR").unwrap_or_default();
    let wanted = format!("libmidentity.so.{major}");
    match soname(&told) {
        Some(name) if name == wanted => {}
        name => findings.push(format!("{}: its SONAME is {name:?}, not {wanted:?}", library.display())),
    }
    Ok(findings)
}

/// What must not be in a release's library: the panics that tests ask for. Also all of [`built`].
pub(crate) fn released(project: &Project, library: &Path) -> Result<Vec<String>, String> {
    let mut findings = built(project, library)?;
    let bytes = std::fs::read(library).map_err(|error| format!("{}: {error}", library.display()))?;
    if holds_test_hook(&bytes) {
        findings.push(format!("{}: panics where a test asks for it: no release build", library.display()));
    }
    Ok(findings)
}

pub(crate) fn holds_test_hook(library: &[u8]) -> bool {
    library.windows(TEST_HOOK.len()).any(|part| part == TEST_HOOK)
}

/// Each line of nm: address, kind, name; an `A` is a version, no symbol.
fn exported(nm: &str) -> BTreeSet<String> {
    let symbol = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        match words[..] {
            [_, kind, name] if kind != "A" => Some(name.to_owned()),
            _ => None,
        }
    };
    nm.lines().filter_map(symbol).collect()
}

fn soname(readelf: &str) -> Option<String> {
    let line = readelf.lines().find(|line| line.contains("(SONAME)"))?;
    Some(line.split('[').nth(1)?.split(']').next()?.to_owned())
}

fn differences(listed: &BTreeSet<String>, exported: &BTreeSet<String>) -> Vec<String> {
    let missing = listed.difference(exported).map(|name| format!("{name} is listed and not exported"));
    let more = exported.difference(listed).map(|name| format!("{name} is exported and not listed"));
    missing.chain(more).collect()
}

/// Every function is called by a C test.
pub(crate) fn called(project: &Project) -> Result<Vec<String>, String> {
    let mut sources = String::new();
    for file in project::files(&project.path(TESTS), ".c") {
        sources.push_str(&without_comments(&project::read(&file)?));
    }
    Ok(uncalled(&header::functions(&project.read(HEADER)?), &sources))
}

fn uncalled(functions: &BTreeSet<String>, sources: &str) -> Vec<String> {
    let called = |name: &String| {
        sources.match_indices(&format!("{name}(")).any(|(at, _)| {
            let before = sources[..at].chars().next_back();
            before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_')
        })
    };
    functions
        .iter()
        .filter(|name| !called(name))
        .map(|name| format!("{name} is called by no test of {TESTS}"))
        .collect()
}

/// C without what stands between `/*` and `*/`.
fn without_comments(source: &str) -> String {
    let mut parts = source.split("/*");
    let mut code = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        code.push_str(part.split_once("*/").map_or("", |(_, after)| after));
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structs_begin_with_their_size() {
        let good = "\ntypedef struct a a;\n\ntypedef struct b {\n    /**\n     * x\n     */\n    size_t struct_size;\n    int c;\n} b;\n";
        assert_eq!(structs(good), Vec::<String>::new());
        assert_eq!(structs(&good.replace("size_t struct_size", "int32_t x")).len(), 1);
        assert_eq!(structs("nothing").len(), 1);
    }

    #[test]
    fn functions_have_their_comment() {
        let good = "/** x */\nMIDENTITY_API\nint f(void);\n\n/**\n * y\n */\nMIDENTITY_API\nint g(void);\n";
        assert_eq!(undocumented(good), Vec::<String>::new());
        assert_eq!(undocumented(&good.replace("/**\n * y\n */\n", "")).len(), 1);
    }

    #[test]
    fn macros_are_the_crates() {
        assert_eq!(defined("#define X 7\n", "X"), Some(7));
        assert_eq!(number("pub const X: u32 = 7;\n", "X"), Some(7));
        assert_eq!(defined("#define XY 7\n", "X"), None);
    }

    #[test]
    fn symbols_and_the_name_are_read() {
        let nm = "0000000000012340 T midentity_a\n0000000000012350 T other\n0000000000000000 A VERSION\n";
        let listed = BTreeSet::from(["midentity_a".to_owned(), "midentity_b".to_owned()]);
        assert_eq!(
            differences(&listed, &exported(nm)),
            ["midentity_b is listed and not exported", "other is exported and not listed"]
        );
        let readelf = " 0x000000000000000e (SONAME)             Library soname: [libmidentity.so.1]\n";
        assert_eq!(soname(readelf).as_deref(), Some("libmidentity.so.1"));
        assert_eq!(soname(""), None);
    }

    #[test]
    fn a_name_in_a_comment_or_inside_another_is_no_call() {
        let functions = BTreeSet::from(["midentity_x".to_owned()]);
        assert!(uncalled(&functions, "CHECK(midentity_x(1));").is_empty());
        assert_eq!(uncalled(&functions, &without_comments("/* midentity_x(1) */ y = midentity_x;")).len(), 1);
        assert_eq!(uncalled(&functions, "a_midentity_x(1)").len(), 1);
    }

    #[test]
    fn the_hook_of_tests_is_seen() {
        assert!(holds_test_hook(b"...MIDENTITY_TEST_PANIC..."));
        assert!(!holds_test_hook(b"MIDENTITY_TEST"));
    }
}
