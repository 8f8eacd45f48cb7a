//! One version everywhere: the packages, what they ask of each other, the Python packages, the changelog; and one
//! oldest Python, in every tool that has to know it.

use std::path::Path;

use crate::project::{self, Project};

/// Every disagreement in the tree.
pub(crate) fn check(project: &Project) -> Result<Vec<String>, String> {
    let version = project.packages.get("midentity").ok_or("cargo knows no package midentity")?.version.clone();
    let mut findings = Vec::new();
    for package in project.packages.values() {
        if package.version != version {
            findings.push(format!("{} is {}, midentity is {version}", package.name, package.version));
        }
        for dependency in package.dependencies.iter().filter(|dependency| dependency.path.is_some()) {
            if dependency.req != format!("^{version}") && dependency.req != format!("={version}") {
                findings.push(format!("{} asks for {} {}", package.name, dependency.name, dependency.req));
            }
        }
    }
    for file in ["pyproject.toml", "emulator/pyproject.toml"] {
        findings.extend(pyproject(file, &read(project, file)?, &version));
    }
    let python = project.path("python");
    for file in project::files(&python, ".py") {
        let name = project.relative(&file).display().to_string();
        findings.extend(literal_version(&name, &project::read(&file)?, &version));
    }
    let powershell = project.path("bindings/powershell");
    for file in project::files(&powershell, ".psd1") {
        let name = project.relative(&file).display().to_string();
        findings.extend(module_manifest(&name, &project::read(&file)?, &version));
    }
    for file in [".props", ".csproj"].iter().flat_map(|suffix| project::files(&powershell, suffix)) {
        let name = project.relative(&file).display().to_string();
        findings.extend(written_version(&name, &project::read(&file)?));
    }
    findings.extend(c_header(&project.read("include/midentity.h")?, &version));
    findings.extend(changelog(&project.read("CHANGELOG.md")?, &version));
    findings.extend(readme(&project.read("README.md")?, &version));
    findings.extend(oldest_python(&project.read("pyproject.toml")?, &project.read("bindings/python/Cargo.toml")?));
    Ok(findings)
}

/// A file that need not be there yet.
fn read(project: &Project, file: &str) -> Result<String, String> {
    if Path::new(&project.path(file)).exists() { project.read(file) } else { Ok(String::new()) }
}

/// The value of the first `key = …` line of a TOML text, without quotes.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == key).then(|| value.split('#').next().unwrap_or_default().trim().trim_matches('"'))
    })
}

/// The Python packages take the version from Cargo; where one is written all the same, it is the same.
fn pyproject(file: &str, text: &str, version: &str) -> Vec<String> {
    match value(text, "version") {
        Some(found) if found != version => vec![format!("{file}: version {found}, midentity is {version}")],
        None if !text.is_empty() && !value(text, "dynamic").is_some_and(|names| names.contains("version")) => {
            vec![format!("{file}: neither a version nor dynamic = [\"version\"]")]
        }
        _ => Vec::new(),
    }
}

fn literal_version(file: &str, text: &str, version: &str) -> Option<String> {
    let found = value(text, "__version__")?;
    let literal = found.starts_with(|first: char| first.is_ascii_digit());
    (literal && found != version).then(|| format!("{file}: __version__ {found}, midentity is {version}"))
}

/// A module's manifest is data that PowerShell reads without running anything: the version is written there.
fn module_manifest(file: &str, text: &str, version: &str) -> Option<String> {
    match value(text, "ModuleVersion").map(|found| found.trim_matches('\'')) {
        Some(found) if found == version => None,
        Some(found) => Some(format!("{file}: ModuleVersion {found}, midentity is {version}")),
        None => Some(format!("{file}: no ModuleVersion")),
    }
}

/// The .NET projects read the version from the root Cargo.toml.
fn written_version(file: &str, text: &str) -> Option<String> {
    let digit = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    ["<Version>", "<AssemblyVersion>", "<FileVersion>", "<VersionPrefix>"]
        .iter()
        .find(|tag| text.split(*tag).skip(1).any(digit))
        .map(|tag| format!("{file}: {tag} is written out; it comes from the root Cargo.toml"))
}

/// `MIDENTITY_VERSION` of the C header.
fn c_header(text: &str, version: &str) -> Option<String> {
    let found = text.lines().find_map(|line| line.strip_prefix("#define MIDENTITY_VERSION "));
    (found != Some(&format!("\"{version}\"")))
        .then(|| format!("include/midentity.h: {found:?}, midentity is {version}"))
}

/// The newest heading is "Unreleased" or this version.
fn changelog(text: &str, version: &str) -> Option<String> {
    let headings: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    match headings.first() {
        Some(first) if *first == "Unreleased" || first.split_whitespace().next() == Some(version) => None,
        Some(first) => Some(format!("CHANGELOG.md: newest heading {first:?}, midentity is {version}")),
        None => Some("CHANGELOG.md: no heading".to_owned()),
    }
}

/// `midentity = "0.1"` in the README is a requirement that this version meets.
fn readme(text: &str, version: &str) -> Option<String> {
    let asked = value(text, "midentity")?;
    let met = version == asked || version.starts_with(&format!("{asked}."));
    (!met).then(|| format!("README.md asks for midentity {asked}, midentity is {version}"))
}

/// `requires-python`, the ABI, ruff and mypy all mean the same oldest Python.
fn oldest_python(pyproject: &str, binding: &str) -> Vec<String> {
    let Some(oldest) = value(pyproject, "requires-python").and_then(|asked| asked.strip_prefix(">=")) else {
        return vec!["pyproject.toml: no requires-python = \">=…\"".to_owned()];
    };
    let joined = oldest.replace('.', "");
    let mut findings = Vec::new();
    if !binding.contains(&format!("abi3-py{joined}\"")) {
        findings.push(format!("bindings/python/Cargo.toml: not built for the ABI of Python {oldest}"));
    }
    if value(pyproject, "target-version").is_some_and(|target| target != format!("py{joined}")) {
        findings.push(format!("pyproject.toml: ruff's target-version is not Python {oldest}"));
    }
    if value(pyproject, "python_version").is_some_and(|target| target != oldest) {
        findings.push(format!("pyproject.toml: mypy's python_version is not {oldest}"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_packages() {
        assert!(pyproject("p", "[project]\ndynamic = [\"version\"]\n", "0.1.0").is_empty());
        assert!(pyproject("p", "version = \"0.1.0\"\n", "0.1.0").is_empty());
        assert!(pyproject("p", "", "0.1.0").is_empty());
        assert_eq!(pyproject("p", "version = \"0.2.0\"\n", "0.1.0").len(), 1);
        assert_eq!(pyproject("p", "[project]\nname = \"x\"\n", "0.1.0").len(), 1);
        assert_eq!(literal_version("p", "__version__ = \"0.0.9\"\n", "0.1.0").iter().count(), 1);
        assert_eq!(literal_version("p", "__version__ = _native.version\n", "0.1.0"), None);
    }

    #[test]
    fn powershell_modules() {
        assert_eq!(module_manifest("m", "@{\n    ModuleVersion = '0.1.0'\n}\n", "0.1.0"), None);
        assert!(module_manifest("m", "@{\n    ModuleVersion = '0.2.0'\n}\n", "0.1.0").is_some());
        assert!(module_manifest("m", "@{}", "0.1.0").is_some());
        assert_eq!(written_version("p", "<Version>$(FromCargo)</Version>"), None);
        assert!(written_version("p", "<Version>0.1.0</Version>").is_some());
    }

    #[test]
    fn the_c_header() {
        assert_eq!(c_header("#define MIDENTITY_VERSION \"0.1.0\"\n", "0.1.0"), None);
        assert!(c_header("#define MIDENTITY_VERSION \"0.1.1\"\n", "0.1.0").is_some());
        assert!(c_header("", "0.1.0").is_some());
    }

    #[test]
    fn changelog_and_readme() {
        assert_eq!(changelog("# Changelog\n\n## Unreleased\n", "0.1.0"), None);
        assert_eq!(changelog("## 0.1.0 (2026-12-01)\n", "0.1.0"), None);
        assert!(changelog("## 0.0.9\n", "0.1.0").is_some());
        assert!(changelog("nothing\n", "0.1.0").is_some());
        assert_eq!(readme("midentity = \"0.1\"\n", "0.1.0"), None);
        assert!(readme("midentity = \"0.2\"\n", "0.1.0").is_some());
        assert_eq!(readme("no requirement", "0.1.0"), None);
    }

    #[test]
    fn the_oldest_python_is_one() {
        let good = "requires-python = \">=3.10\"\ntarget-version = \"py310\"\npython_version = \"3.10\"\n";
        assert!(oldest_python(good, "features = [\"abi3-py310\"]").is_empty());
        assert_eq!(oldest_python(good, "features = [\"abi3-py311\"]").len(), 1);
        assert_eq!(oldest_python(&good.replace("py310", "py39"), "\"abi3-py310\"").len(), 1);
        assert_eq!(oldest_python("", "").len(), 1);
    }
}
