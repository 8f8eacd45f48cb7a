//! `make test-windows`: the core, the emulator and what stands on them as Windows programs, built here and run under
//! Wine.
//!
//! What is to be added: a package or an example to [`BUILT`]; a suite as one more function that takes a [`Windows`] and
//! the [`Report`].

mod cross;
mod ctest;
mod library;
mod powershell;
mod release;
mod wine;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

pub(crate) use release::{NoRelease, Release};

use cross::{Artifact, Cross};
use wine::{Served, Wine};

use crate::Flags;
use crate::process;
use crate::project::Project;
use crate::report::Report;
use crate::results::Results;
use crate::test::EMULATOR;

/// What is built for every suite.
const BUILT: &[&str] =
    &["--package=midentity", "--package=midentity-c", "--package=midentity-emulator", "--lib", "--bins"];

/// What is built with it, all at once, for the suites `rust` and `c`.
const PROGRAMS: &[&str] = &[
    "--tests",
    "--example=first_token",
    "--example=read_resource_group",
    "--example=tutorial_2",
    "--example=tutorial_3",
    "--example=tutorial_4",
    "--example=tutorial_5",
];

/// A program of tests that runs longer hangs: on Linux the longest takes half a minute.
const TESTS_LIMIT: Duration = Duration::from_secs(300);
const PROGRAM_LIMIT: Duration = Duration::from_secs(60);

/// A Windows that stands, and what was built for it.
struct Windows<'a> {
    project: &'a Project,
    cross: Cross,
    wine: Wine,
    built: Vec<Artifact>,
}

pub(crate) fn run(project: &Project, flags: &Flags) -> Result<Report, String> {
    let mut report = Report::default();
    Report::announce("Windows");
    let tools = Cross::find(project).and_then(|cross| Wine::find(&cross).map(|wine| (cross, wine)));
    let (cross, wine) = match tools {
        Ok(tools) => tools,
        Err(missing) => {
            report.skip("windows", &missing);
            return Ok(report);
        }
    };
    let programs = if flags.wants("rust") || flags.wants("c") { PROGRAMS } else { &[] };
    let made = cross
        .build(project, &[BUILT, programs].concat())
        .and_then(|built| wine.prepare(project, &cross).map(|()| built));
    match made {
        Ok(built) => {
            let windows = Windows { project, cross, wine, built };
            if flags.wants("rust") {
                windows.tests(&mut report)?;
                windows.token(&mut report);
            }
            if flags.wants("c") {
                library::run(&windows, &mut report)?;
            }
            if flags.wants("powershell") {
                powershell::run(&windows, &mut report)?;
            }
        }
        Err(why) => report.fail("windows", &why),
    }
    Ok(report)
}

impl Windows<'_> {
    /// The programs of tests, one after the other.
    fn tests(&self, report: &mut Report) -> Result<(), String> {
        let mut all: Vec<&Artifact> = self.built.iter().filter(|artifact| artifact.tests).collect();
        // What stands lowest first, as it was built in no order.
        all.sort_by_key(|artifact| (&artifact.package, &artifact.kind, &artifact.name));
        for tests in all {
            let Some(program) = &tests.executable else { continue };
            // Cargo starts a package's tests in the package's folder.
            let folder = self.project.packages.get(&tests.package).and_then(|p| p.manifest_path.parent());
            let mut command = self.wine.command(program);
            command.current_dir(folder.unwrap_or(&self.project.root));
            if let Some(folder) = self.program("tutorial_5").ok().and_then(Path::parent) {
                command.env("MIDENTITY_EXAMPLES", folder);
            }
            let name = format!("{} {}", tests.package, if tests.kind == "test" { &tests.name } else { &tests.kind });
            self.count(&name, &mut command, report)?;
        }
        Ok(())
    }

    /// Runs a program of tests; what it says of itself counts.
    fn count(&self, name: &str, command: &mut Command, report: &mut Report) -> Result<(), String> {
        let (mut results, mut told) = (Results::default(), false);
        let ended = process::stream_within(command, TESTS_LIMIT, |line| told |= results.cargo_line(line));
        match ended {
            Ok(status) if told => report.results(name, results, status),
            Ok(status) => report.fail(name, &format!("it ended with {status} and did not say how its tests went")),
            Err(why) => {
                report.fail(name, &why);
                // What it started is still there.
                self.wine.restart()?;
            }
        }
        Ok(())
    }

    /// The emulator as a program, a token taken from it by another, and what its control says of that.
    fn token(&self, report: &mut Report) {
        Report::announce("Windows: a token");
        match self.take_token() {
            Ok(()) => report.pass("a token from the emulator"),
            Err(why) => report.fail("a token from the emulator", &why),
        }
    }

    fn take_token(&self) -> Result<(), String> {
        let emulator = self.serve(&[])?;
        let mut said = Vec::new();
        let mut command = self.wine.command(self.program("first_token")?);
        command.envs(emulator.variables.iter().cloned()).current_dir(&self.project.root);
        let status = process::stream_within(&mut command, PROGRAM_LIMIT, |line| said.push(line.to_owned()))?;
        if !status.success() || !said.iter().any(|line| line.starts_with("a token that is good until ")) {
            return Err(format!("first_token ended with {status} and said {said:?}"));
        }
        let log = emulator.control("/_emulator/requests")?;
        if !log.starts_with("HTTP/1.1 200 ") || log.matches("/metadata/identity/oauth2/token").count() != 1 {
            return Err(format!("the emulator's control answered {log:?}"));
        }
        emulator.stop()
    }

    /// An emulator that runs as a Windows program.
    fn serve(&self, arguments: &[&str]) -> Result<Served, String> {
        Served::start(&self.wine, self.project, self.program(EMULATOR)?, arguments)
    }

    /// A program that was built, by its name.
    fn program(&self, name: &str) -> Result<&Path, String> {
        let mut programs = self.built.iter().filter(|artifact| !artifact.tests && artifact.name == name);
        programs.find_map(|artifact| artifact.executable.as_deref()).ok_or_else(|| format!("{name}.exe was not built"))
    }
}
