//! The C and C++ tests: built by CMake against the library that cargo has made, run by CTest against emulators of their
//! own. Once as they are, and once with the sanitizers.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::Flags;
use crate::abi;
use crate::process;
use crate::project::{self, Project};
use crate::report::{Missing, Report};
use crate::results::{self, Results};
use crate::test::{self, EMULATOR};
use crate::venv::Venv;

/// The suites' names.
pub(crate) const SUITES: [&str; 2] = ["c", "c sanitized"];

/// A state's own emulator: the variable that tells the tests its address, and how it is started.
pub(crate) const EMULATORS: [(&str, &[&str]); 3] =
    [("MIDENTITY_EMULATOR", &[]), ("MIDENTITY_TEST_VECTORS_1", VECTORS), ("MIDENTITY_TEST_VECTORS_2", VECTORS)];
const VECTORS: &[&str] = &["--config", "tests/vectors/machines.yaml", "--vm", "both"];

pub(crate) fn run(project: &Project, venv: &Venv, flags: &Flags, report: &mut Report) -> Result<(), String> {
    let compilers = match Compilers::find() {
        Ok(compilers) => compilers,
        Err(missing) => {
            for suite in SUITES.into_iter().filter(|suite| flags.wants(suite)) {
                report.skip(suite, &missing);
            }
            return Ok(());
        }
    };
    Report::announce("C and C++");
    // Over the whole workspace, so that its dependencies have the features that the other suites gave them.
    if let Err(why) = process::run(&mut project.cargo(&["build", "--workspace"])) {
        report.fail("c", &why);
        return Ok(());
    }
    if flags.wants("c") {
        report.verdict("c: the library's symbols and name", &abi::built(project, &library(project))?);
        report.verdict("c: every function is called", &abi::called(project)?);
        build_and_test(project, venv, &compilers, false, report);
    }
    if flags.wants("c sanitized") {
        match compilers.can_sanitize(&project.target.join("native/probe")) {
            Ok(()) => build_and_test(project, venv, &compilers, true, report),
            Err(missing) => report.skip("c sanitized", &missing),
        }
    }
    Ok(())
}

fn library(project: &Project) -> PathBuf {
    let name = format!("{}midentity{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    project.target.join("debug").join(name)
}

/// The system's compilers.
pub(crate) struct Compilers {
    pub(crate) c: PathBuf,
    pub(crate) cxx: PathBuf,
}

impl Compilers {
    pub(crate) fn find() -> Result<Self, Missing> {
        let find = |variable: &str, names: &[&str]| {
            let asked = std::env::var(variable).ok().filter(|name| !name.is_empty());
            let names = asked.as_deref().map_or_else(|| names.to_vec(), |name| vec![name]);
            names.iter().find_map(|name| process::find(name, &[])).ok_or_else(|| {
                Missing::new(
                    format!("no compiler (tried {})", names.join(", ")),
                    format!(
                        "install a C and a C++ compiler (Debian: apt install g++), or name one: make {variable}=… …"
                    ),
                )
            })
        };
        Ok(Self { c: find("CC", &["cc", "gcc", "clang"])?, cxx: find("CXX", &["c++", "g++", "clang++"])? })
    }

    /// Whether the compiler has the sanitizers, and they work on this machine.
    fn can_sanitize(&self, probe: &Path) -> Result<(), Missing> {
        let source = probe.with_extension("c");
        let made = project::write(&source, "int main(void) { return 0; }\n").and_then(|()| {
            let flag = "-fsanitize=address,undefined";
            process::output(Command::new(&self.c).arg(flag).arg(&source).arg("-o").arg(probe))?;
            process::output(Command::new(probe).env("ASAN_OPTIONS", "detect_leaks=1"))
        });
        made.map(|_| ()).map_err(|why| {
            Missing::new(
                format!("the sanitizers do not work here: {}", why.lines().next().unwrap_or_default()),
                "install the compiler's sanitizer runtimes (Debian: they come with gcc), and allow ptrace",
            )
        })
    }
}

fn build_and_test(project: &Project, venv: &Venv, compilers: &Compilers, sanitize: bool, report: &mut Report) {
    let name = if sanitize { "c sanitized" } else { "c" };
    let folder = project.target.join("native").join(if sanitize { "sanitized" } else { "plain" });
    if let Err(why) = build(project, venv, compilers, sanitize, &folder) {
        report.fail(name, &format!("the tests can't be built: {why}"));
        return;
    }
    match ctest(project, venv, &folder) {
        Ok((parts, status)) => {
            let name_of = |part| if sanitize { format!("{part} sanitized") } else { part };
            report.parts(name, parts.into_iter().map(|(part, results)| (name_of(part), results)), status);
        }
        Err(why) => report.fail(name, &why),
    }
}

fn build(project: &Project, venv: &Venv, compilers: &Compilers, sanitize: bool, folder: &Path) -> Result<(), String> {
    let define = |name: &str, value: &Path| format!("-D{name}={}", value.display());
    let mut configure = Command::new(venv.program("cmake"));
    configure.current_dir(&project.root).args(["-S", "tests", "-G", "Ninja", "-B"]).arg(folder);
    configure.arg(define("CMAKE_MAKE_PROGRAM", &venv.program("ninja")));
    configure.arg(define("MIDENTITY_ROOT", &project.root));
    configure.arg(define("MIDENTITY_LIBRARY", &library(project)));
    configure.arg(define("MIDENTITY_STATIC_LIBRARY", &project.target.join("debug/libmidentity.a")));
    configure.arg(format!("-DMIDENTITY_SANITIZE={}", if sanitize { "ON" } else { "OFF" }));
    configure.env("CC", &compilers.c).env("CXX", &compilers.cxx);
    process::run(&mut configure)?;
    process::run(Command::new(venv.program("cmake")).arg("--build").arg(folder))
}

/// Runs every test of a build folder; the results by the first part of their names.
fn ctest(project: &Project, venv: &Venv, folder: &Path) -> Result<(BTreeMap<String, Results>, ExitStatus), String> {
    let result = folder.join("result.xml");
    let _ = fs::remove_file(&result);
    let mut command = Command::new(venv.program("ctest"));
    command.arg("--test-dir").arg(folder).arg("--output-junit").arg(&result);
    // Most of them wait for a network most of the time.
    command.args(["--output-on-failure", "--no-tests=error", "--parallel", "4", "--timeout", "120"]);
    test::environment(project, &mut command);
    let mut running = Vec::new();
    for (variable, arguments) in EMULATORS {
        let emulator = Emulator::start(project, variable, arguments)?;
        command.envs(variables(variable, emulator.variables.iter().map(|(n, v)| (n.as_str(), v.as_str()))));
        running.push(emulator);
    }
    let status = process::stream(&mut command, |_| {})?;
    Ok((results::junit_parts(&project::read(&result)?)?, status))
}

/// What the tests find in their environment of an emulator whose address is in this variable.
pub(crate) fn variables<'a>(
    variable: &'a str,
    printed: impl Iterator<Item = (&'a str, &'a str)>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    printed.filter_map(move |(name, value)| match name {
        "MIDENTITY_EMULATOR" => Some((variable, value)),
        // Of the other one the tests need nothing but its address.
        _ => (variable == "MIDENTITY_EMULATOR").then_some((name, value)),
    })
}

/// An emulator that runs as long as this lives.
pub(crate) struct Emulator {
    child: Child,
    /// What programs that are to meet it find in their environment.
    pub(crate) variables: BTreeMap<String, String>,
}

impl Emulator {
    /// Starts one that keeps its keys in a folder of this name.
    pub(crate) fn start(project: &Project, name: &str, arguments: &[&str]) -> Result<Self, String> {
        let state = project.target.join("native").join(name.to_lowercase());
        let mut command = Command::new(project.binary(EMULATOR));
        command.args(["serve", "--exit-with-parent", "--state-dir"]).arg(state).args(arguments);
        command.current_dir(&project.root).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("the emulator can't be started: {error}"))?;
        let mut emulator = match child.stdout.take() {
            Some(stdout) => {
                let mut emulator = Self { child, variables: BTreeMap::new() };
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    match line.split_once('=') {
                        Some((name, value)) => drop(emulator.variables.insert(name.to_owned(), value.to_owned())),
                        None if line == "ready" => return Ok(emulator),
                        None => {}
                    }
                }
                emulator
            }
            None => Self { child, variables: BTreeMap::new() },
        };
        let status = emulator.child.wait().map_err(|error| error.to_string())?;
        Err(format!("the emulator ended with {status} before it was ready"))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_that_cannot_sanitize_is_missing_one() {
        let broken = Compilers { c: "false".into(), cxx: "false".into() };
        let folder = std::env::temp_dir().join(format!("midentity-probe-{}", std::process::id()));
        let missing = broken.can_sanitize(&folder.join("probe")).unwrap_err();
        let _ = fs::remove_dir_all(&folder);
        assert!(missing.to_string().contains("sanitizer"), "{missing}");
    }
}
