//! The C header and the list of exported symbols: both are made of bindings/c, checked in, and compared.

use std::collections::BTreeSet;
use std::path::Path;

use crate::project::{self, Project};

const CRATE: &str = "bindings/c";
const HEADER: &str = "include/midentity.h";
const SYMBOLS: &str = "bindings/c/symbols.txt";

/// Every difference between what is checked in and what the crate says.
pub(crate) fn check(project: &Project) -> Result<Vec<String>, String> {
    let made = make(project)?;
    let mut findings = Vec::new();
    for (file, text) in [(HEADER, &made), (SYMBOLS, &symbols(&made))] {
        // Line ends are git's business.
        let there = project.read(file).unwrap_or_default().replace("\r\n", "\n");
        if there != *text {
            let line = there.lines().zip(text.lines()).take_while(|(a, b)| a == b).count() + 1;
            findings.push(format!(
                "{file}: differs from {CRATE} from line {line} on; remedy: cargo run -q -p xtask -- header --write"
            ));
        }
    }
    findings.extend(uncalled(&functions(&made), &wrapper(project)?));
    Ok(findings)
}

/// The text of the C++ header with all its parts.
fn wrapper(project: &Project) -> Result<String, String> {
    project::files(&project.path("include"), ".hpp").iter().map(|file| project::read(file)).collect()
}

/// The functions of the C header that the C++ one has no use for: there, nothing is out of reach.
fn uncalled(functions: &BTreeSet<String>, wrapper: &str) -> Vec<String> {
    let words: BTreeSet<&str> = wrapper.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let missing = functions.iter().filter(|name| !words.contains(name.as_str()));
    missing.map(|name| format!("include/midentity.hpp: does not use {name}")).collect()
}

/// Writes both.
pub(crate) fn write(project: &Project) -> Result<(), String> {
    let made = make(project)?;
    project::write(&project.path(HEADER), &made)?;
    project::write(&project.path(SYMBOLS), &symbols(&made))
}

fn make(project: &Project) -> Result<String, String> {
    let package = project.packages.get("midentity-c").ok_or("cargo knows no package midentity-c")?;
    generate(&project.path(CRATE), &package.version)
}

fn generate(folder: &Path, version: &str) -> Result<String, String> {
    let mut config = cbindgen::Config::from_file(folder.join("cbindgen.toml"))?;
    // What cbindgen can't know.
    config.after_includes = config.after_includes.map(|text| text.replace("@VERSION@", version));
    let mut bindings = cbindgen::Builder::new().with_config(config);
    // File by file in the order of a reader, not of the alphabet; no cargo is asked, as nothing is expanded.
    for file in SOURCES {
        bindings = bindings.with_src(folder.join("src").join(file));
    }
    let bindings = bindings.generate().map_err(|error| format!("cbindgen: {error}"))?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = String::from_utf8(text).map_err(|error| error.to_string())?;
    Ok(text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n")
}

/// The files that declare something for C, in the order in which the header has them.
const SOURCES: &[&str] = &[
    "version.rs",
    "status.rs",
    "text.rs",
    "error.rs",
    "value.rs",
    "token.rs",
    "operation.rs",
    "credential.rs",
    "provider.rs",
    "instance.rs",
    "log.rs",
    "arm/client.rs",
    "arm/request.rs",
    "arm/group.rs",
    "arm/user_identity.rs",
    "arm/federated_credential.rs",
    "arm/vm_identity.rs",
    "arm/machine.rs",
    "arm/role.rs",
];

/// The names of the functions that a header declares, sorted.
pub(crate) fn functions(header: &str) -> BTreeSet<String> {
    let declared = header.split("\nMIDENTITY_API\n").skip(1);
    declared.filter_map(|rest| rest.split('(').next()?.rsplit([' ', '*']).next()).map(str::to_owned).collect()
}

fn symbols(header: &str) -> String {
    functions(header).into_iter().map(|name| name + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_whatever_they_return() {
        let header = "#define MIDENTITY_API\n\
                      MIDENTITY_API\nuint32_t midentity_abi_version(void);\n\
                      MIDENTITY_API\nconst char *midentity_version(void);\n\
                      typedef void (*midentity_not_this)(void);\n";
        let found: Vec<_> = functions(header).into_iter().collect();
        assert_eq!(found, ["midentity_abi_version", "midentity_version"]);
    }

    #[test]
    fn a_function_that_the_cpp_header_leaves_out_is_found() {
        let functions = ["midentity_a", "midentity_a_b"].map(str::to_owned).into();
        assert!(uncalled(&functions, "f(midentity_a, 1); midentity_a_b();").is_empty());
        assert_eq!(uncalled(&functions, "midentity_a_b()").len(), 1);
        assert_eq!(uncalled(&functions, "midentity_a(); midentity_a_bc").len(), 1);
    }

    #[test]
    fn every_source_that_exports_is_listed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bindings/c/src");
        for file in project::files(&folder, ".rs") {
            let text = project::read(&file).unwrap();
            let relative = file.strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/");
            let exports = text.contains("#[unsafe(no_mangle)]") || text.contains("\npub const MIDENTITY_");
            assert_eq!(exports, SOURCES.contains(&relative.as_str()), "{relative}");
        }
    }
}
