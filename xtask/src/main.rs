//! The project's own checks, and the runner behind `make`.
//!
//! A check is a function from the project's tree to a list of findings: no finding, no fault. A suite runs other
//! programs, shows what they print while they print it, and counts. `make help` lists the targets.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command-line tool: its output is the result")]

mod abi;
mod check;
mod ci;
mod clients;
mod conformance;
mod consumers;
mod errors;
mod header;
mod help;
mod help_page;
mod install;
mod layering;
mod native;
mod package;
mod package_powershell;
mod powershell;
mod process;
mod project;
mod report;
mod results;
mod test;
mod third_party;
mod venv;
mod versions;
mod windows;

use std::path::PathBuf;
use std::process::ExitCode;

use project::Project;
use report::Report;

const USAGE: &str = "\
usage: cargo run -q -p xtask -- COMMAND

  test [--ci] [--only SUITE]   the test suites (rust, python, packages, c, c sanitized, consumers, powershell, conformance)
  test-clients [--ci]          other projects' clients against the emulator
  test-windows [--ci] [--only SUITE]  the core, the emulator, C and PowerShell under Wine (rust, c, powershell)
  check [--ci] [--only STEP]   formats, lints, types, documentation, the checks below
  ci                           check, test, test-clients and test-windows; a skip counts as a failure
  package                      what users are given, into out/ (make package)
  package-powershell [--dev] [--linux FILE] [--windows FILE]
                               the PowerShell modules, into out/ (make package-powershell)
  prepare                      the emulator, and .venv with the library in it (for make demo)
  install --prefix DIR [--destdir DIR] [--dev]
                               the libraries, headers and build files for C and C++ (make install)
  tools                        install the pinned cargo tools into .cache/tools

  layering                     who imports whom in src/, bindings/ and emulator/
  versions                     one version everywhere
  errors                       error ids and docs/errors.md, error kinds and the languages' copies
  abi [--library FILE]         the C ABI's own rules; with a release's library: its symbols, its name, no test's hooks
  header [--write]             include/midentity.h and the exported symbols against bindings/c
  help-pages                   the pages of PowerShell's help and the cmdlets that they are for
  conformance [--write]        the last test run against tests/vectors/scenarios.json and docs/conformance.md";

/// What the command line may say after the command.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Flags {
    /// Under CI: a skip is a failure, generated pages must match, every interpreter found is tested.
    pub(crate) ci: bool,
    /// Write generated pages instead of comparing them.
    pub(crate) write: bool,
    /// Where to install, and what stands for the root while packages are made.
    pub(crate) prefix: Option<PathBuf>,
    pub(crate) destdir: Option<PathBuf>,
    /// The build that the tests use, instead of a release.
    pub(crate) dev: bool,
    /// The C libraries that the PowerShell module is to hold; beside each lies the emulator.
    pub(crate) linux: Option<PathBuf>,
    pub(crate) windows: Option<PathBuf>,
    /// A library to look at.
    pub(crate) library: Option<PathBuf>,
    /// Only these suites or steps; empty for all.
    pub(crate) only: Vec<String>,
}

impl Flags {
    fn parse(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut flags = Self::default();
        let mut args = args.peekable();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--ci" => flags.ci = true,
                "--write" => flags.write = true,
                "--prefix" => flags.prefix = Some(args.next().ok_or("--prefix needs a folder")?.into()),
                "--destdir" => {
                    let root = args.next().ok_or("--destdir needs a folder")?;
                    // make hands on an empty one where none was given.
                    flags.destdir = (!root.is_empty()).then(|| root.into());
                }
                "--dev" => flags.dev = true,
                "--linux" => flags.linux = Some(args.next().ok_or("--linux needs a file")?.into()),
                "--windows" => flags.windows = Some(args.next().ok_or("--windows needs a file")?.into()),
                "--library" => flags.library = Some(args.next().ok_or("--library needs a file")?.into()),
                "--only" => flags.only.push(args.next().ok_or("--only needs a name")?),
                other => return Err(format!("unknown argument {other:?}")),
            }
        }
        Ok(flags)
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(command) = args.next() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if matches!(command.as_str(), "help" | "--help" | "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let run = Flags::parse(args).and_then(|flags| {
        let project = Project::open()?;
        dispatch(&command, &project, &flags)
    });
    match run {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("xtask {command}: {message}");
            ExitCode::from(2)
        }
    }
}

fn dispatch(command: &str, project: &Project, flags: &Flags) -> Result<bool, String> {
    match command {
        "test" => finish(&test::run(project, flags)?, flags),
        "test-clients" => finish(&clients::run(project)?, flags),
        "test-windows" => finish(&windows::run(project, flags)?, flags),
        "check" => finish(&check::run(project, flags)?, flags),
        "ci" => {
            let flags = Flags { ci: true, ..flags.clone() };
            finish(&ci::run(project, &flags)?, &flags)
        }
        "package-powershell" => finish(&package_powershell::run(project, flags)?, flags),
        "package" => finish(&package::run(project)?, flags),
        "prepare" => test::prepare(project).map(|()| true),
        "install" => {
            let prefix = flags.prefix.clone().ok_or("install needs --prefix")?;
            let request = install::Request { prefix, destdir: flags.destdir.clone(), dev: flags.dev };
            install::run(project, &request).map(|()| true)
        }
        "tools" => check::install_tools(project).map(|()| true),
        "layering" => findings(command, layering::check(project)?),
        "versions" => findings(command, versions::check(project)?),
        "errors" => findings(command, errors::check(project)?),
        "abi" => match &flags.library {
            Some(library) => findings(command, abi::released(project, library)?),
            None => findings(command, abi::check(project)?),
        },
        "header" if flags.write => header::write(project).map(|()| true),
        "header" => findings(command, header::check(project)?),
        "help-pages" => findings(command, help::check(project)?),
        "conformance" if flags.write => conformance::write(project).map(|()| true),
        "conformance" => findings(command, conformance::check(project)?.findings(true)),
        _ => Err(format!("no such command\n{USAGE}")),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "the same shape as its siblings in the dispatch table")]
fn finish(report: &Report, flags: &Flags) -> Result<bool, String> {
    report.print();
    Ok(report.is_success(flags.ci))
}

#[allow(clippy::unnecessary_wraps, reason = "the same shape as its siblings in the dispatch table")]
fn findings(name: &str, found: Vec<String>) -> Result<bool, String> {
    for finding in &found {
        eprintln!("{name}: {finding}");
    }
    if found.is_empty() {
        println!("{name}: nothing to say against it");
    }
    Ok(found.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_and_unknown_ones_refused() {
        let parse = |args: &[&str]| Flags::parse(args.iter().map(ToString::to_string));
        let flags = parse(&["--ci", "--only", "rust"]).unwrap();
        assert!(flags.ci && flags.wants("rust") && !flags.wants("python"));
        assert!(parse(&[]).unwrap().wants("anything"));
        assert!(parse(&["--onyl"]).is_err());
        assert!(parse(&["--only"]).is_err());
        let flags = parse(&["--prefix", "/usr", "--destdir", "", "--dev"]).unwrap();
        assert_eq!((flags.prefix, flags.destdir, flags.dev), (Some("/usr".into()), None, true));
        assert_eq!(parse(&["--destdir", "/tmp/p"]).unwrap().destdir, Some("/tmp/p".into()));
        assert!(parse(&["--prefix"]).is_err());
    }
}
