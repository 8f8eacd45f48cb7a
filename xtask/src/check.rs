//! `make check`: what can be said about the tree without running its tests.

use std::path::PathBuf;
use std::process::Command;

use crate::Flags;
use crate::process;
use crate::project::Project;
use crate::report::{Missing, Report};
use crate::test::{self, TOOLS};
use crate::venv::{Interpreter, Venv};
use crate::{abi, errors, header, help, layering, powershell, versions};

const DENY_VERSION: &str = "0.20.2";

/// What of the Python code is checked; a folder that does not exist yet is left out.
const PYTHON: &[&str] =
    &["python", "examples/python", "tests/python", "tests/clients", "tests/azure_cli", "benches", "fuzz"];

pub(crate) fn run(project: &Project, flags: &Flags) -> Result<Report, String> {
    let mut report = Report::default();
    own_checks(project, flags, &mut report);
    for (name, args) in [
        ("fmt", &["fmt", "--all", "--check"][..]),
        ("clippy", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        ("rustdoc", &["doc", "--workspace", "--no-deps"]),
    ] {
        if flags.wants(name) {
            let mut command = project.cargo(args);
            if name == "rustdoc" {
                command.env("RUSTDOCFLAGS", "-D warnings");
            }
            step(&mut report, name, &mut command);
        }
    }
    if flags.wants("deny") {
        deny(project, &mut report);
    }
    if flags.wants("dotnet format") {
        powershell::format(project, &mut report);
    }
    python(project, flags, &mut report);
    Ok(report)
}

fn own_checks(project: &Project, flags: &Flags, report: &mut Report) {
    type Check = fn(&Project) -> Result<Vec<String>, String>;
    let checks: [(&str, Check); 6] = [
        ("layering", layering::check),
        ("versions", versions::check),
        ("errors", errors::check),
        ("header", header::check),
        ("help-pages", help::check),
        ("abi", abi::check),
    ];
    for (name, check) in checks.into_iter().filter(|(name, _)| flags.wants(name)) {
        match check(project) {
            Ok(findings) => report.verdict(name, &findings),
            Err(why) => report.fail(name, &why),
        }
    }
}

fn step(report: &mut Report, name: &str, command: &mut Command) {
    Report::announce(name);
    match process::run(command) {
        Ok(()) => report.pass(name),
        Err(why) => report.fail(name, &why),
    }
}

/// Licences, bans and sources need no network. The list of advisories does: where it is out of reach, that is said.
fn deny(project: &Project, report: &mut Report) {
    let Some(program) = process::find("cargo-deny", &[tools(project).join("bin")]) else {
        report.skip("deny", &Missing::new("cargo-deny is not installed", "cargo run -q -p xtask -- tools"));
        return;
    };
    let deny = |args: &[&str]| {
        let mut command = Command::new(&program);
        command.current_dir(&project.root).args(["--workspace", "--all-features"]).args(args);
        command
    };
    step(report, "deny", &mut deny(&["check", "licenses", "bans", "sources"]));
    Report::announce("advisories");
    match process::output(&mut deny(&["fetch", "db"])) {
        Ok(_) => step(report, "advisories", &mut deny(&["check", "--disable-fetch", "advisories"])),
        Err(why) => {
            let reason = why.lines().last().unwrap_or_default().trim().to_owned();
            report.remark(format!("NOTE advisories NOT CHECKED: their list can't be fetched ({reason})"));
        }
    }
}

fn tools(project: &Project) -> PathBuf {
    project.path(".cache/tools")
}

/// Installs the pinned cargo tools that are not there yet.
pub(crate) fn install_tools(project: &Project) -> Result<(), String> {
    if process::find("cargo-deny", &[tools(project).join("bin")]).is_some() {
        return Ok(());
    }
    let version = format!("cargo-deny@{DENY_VERSION}");
    process::run(project.cargo(&["install", "--locked", &version, "--root"]).arg(tools(project)))
}

fn python(project: &Project, flags: &Flags, report: &mut Report) {
    const STEPS: [&str; 4] = ["ruff check", "ruff format", "mypy", "stubtest"];
    if !STEPS.iter().any(|step| flags.wants(step)) {
        return;
    }
    let venv = Interpreter::find().and_then(|interpreter| Venv::ensure(project, &interpreter, ".venv", &TOOLS));
    let venv = match venv {
        Ok(venv) => venv,
        Err(missing) => {
            for name in STEPS {
                report.skip(name, &missing);
            }
            return;
        }
    };
    let folders: Vec<_> = PYTHON.iter().filter(|folder| project.path(folder).is_dir()).collect();
    for (name, args) in [("ruff check", &["check"][..]), ("ruff format", &["format", "--check"])] {
        if flags.wants(name) {
            let mut ruff = venv.python(project);
            step(report, name, ruff.args(["-m", "ruff"]).args(args).args(&folders));
        }
    }
    if flags.wants("mypy") {
        step(report, "mypy", venv.python(project).args(["-m", "mypy"]));
    }
    if flags.wants("stubtest") {
        if let Err(why) = test::develop(project, &venv) {
            report.fail("stubtest", &why);
            return;
        }
        let mut stubtest = venv.python(project);
        stubtest.args(["-m", "mypy.stubtest", "midentity", "--mypy-config-file", "pyproject.toml"]);
        let allowed = project.path("python/stubtest-allowlist.txt");
        if allowed.exists() {
            stubtest.arg("--allowlist").arg(allowed);
        }
        step(report, "stubtest", &mut stubtest);
    }
}
