//! The test suites: Rust, Python, the packages, C and C++, PowerShell, and what they cover together.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Flags;
use crate::conformance;
use crate::consumers;
use crate::native;
use crate::powershell;
use crate::process;
use crate::project::{self, Project};
use crate::report::{Missing, Report};
use crate::results::{self, Results};
use crate::venv::{Interpreter, Venv};

/// What a machine's own identity would put into the tests' way.
const FOREIGN_VARIABLES: &[&str] = &[
    "AZURE_AUTHORITY_HOST",
    "AZURE_CLIENT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "AZURE_TENANT_ID",
    "AZURE_TOKEN_CREDENTIALS",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "IDENTITY_SERVER_THUMBPRINT",
    "IMDS_ENDPOINT",
    "MIDENTITY_CA_FILE",
    "MIDENTITY_CLOUD",
    "MIDENTITY_EMULATOR",
    "MSI_ENDPOINT",
    "MSI_SECRET",
];

pub(crate) const EMULATOR: &str = "midentity-emulator";

pub(crate) fn run(project: &Project, flags: &Flags) -> Result<Report, String> {
    let mut report = Report::default();
    let records = conformance::folder(project);
    if flags.only.is_empty() {
        empty(&records)?;
    } else {
        fs::create_dir_all(&records).map_err(|error| format!("{}: {error}", records.display()))?;
    }
    if flags.wants("rust") {
        rust(project, &mut report)?;
    }
    let mut all_ran = true;
    let native = native::SUITES.iter().any(|suite| flags.wants(suite));
    let consumers = flags.wants(consumers::SUITE);
    if native || consumers || flags.wants("python") || flags.wants("packages") {
        Report::announce("Python");
        let made = Interpreter::find().and_then(|interpreter| {
            Venv::ensure(project, &interpreter, ".venv", &TOOLS).map(|venv| (interpreter, venv))
        });
        match made {
            Ok((interpreter, venv)) => {
                if flags.wants("python") || flags.wants("packages") {
                    python_suites(project, &interpreter, &venv, flags, &mut report)?;
                }
                if native {
                    native::run(project, &venv, flags, &mut report)?;
                }
                if consumers {
                    consumers::run(project, &venv, &mut report);
                }
            }
            Err(missing) => {
                all_ran = false;
                report.skip("python", &missing);
                if native {
                    report.skip("c", &missing);
                }
                if consumers {
                    report.skip(consumers::SUITE, &missing);
                }
            }
        }
    }
    if flags.wants("powershell") {
        powershell::suite(project, &mut report)?;
    }
    if flags.wants("conformance") {
        covered(project, flags, all_ran, &mut report)?;
    }
    Ok(report)
}

/// What `make demo` needs: the emulator, and `.venv` with the library.
pub(crate) fn prepare(project: &Project) -> Result<(), String> {
    build_emulator(project)?;
    let interpreter = Interpreter::find().map_err(|missing| missing.to_string())?;
    let venv = Venv::ensure(project, &interpreter, ".venv", &TOOLS).map_err(|missing| missing.to_string())?;
    develop(project, &venv)
}

/// The main environment holds all that building, testing and checking need.
pub(crate) const TOOLS: [&str; 4] = ["build", "test", "check", "native"];

/// Every suite of Rust, documentation examples too.
fn rust(project: &Project, report: &mut Report) -> Result<(), String> {
    Report::announce("Rust");
    let mut command = project.cargo(&["test", "--workspace", "--no-fail-fast"]);
    environment(project, &mut command);
    let mut results = Results::default();
    let status = process::stream(&mut command, |line| {
        results.cargo_line(line);
    })?;
    report.results("rust", results, status);
    Ok(())
}

fn python_suites(
    project: &Project,
    interpreter: &Interpreter,
    venv: &Venv,
    flags: &Flags,
    report: &mut Report,
) -> Result<(), String> {
    if let Err(why) = build_emulator(project).and_then(|()| develop(project, venv)) {
        report.fail("python", &why);
        return Ok(());
    }
    if flags.wants("python") {
        pytest(project, venv, "python", "tests/python", report)?;
    }
    if flags.wants("packages") {
        packages(project, interpreter, venv, flags, report)?;
    }
    Ok(())
}

/// Over the whole workspace, so that its dependencies have the features that `cargo test` gave them and nothing is
/// compiled twice.
pub(crate) fn build_emulator(project: &Project) -> Result<(), String> {
    process::run(&mut project.cargo(&["build", "--workspace", "--bin", EMULATOR]))
}

/// The library, dev profile, in an environment: the package's folder is used where it stands.
pub(crate) fn develop(project: &Project, venv: &Venv) -> Result<(), String> {
    let mut maturin = Command::new(venv.program("maturin"));
    maturin.args(["develop", "--quiet", "--locked"]).current_dir(&project.root);
    maturin.env("VIRTUAL_ENV", &venv.folder).env_remove("CONDA_PREFIX");
    process::run(&mut maturin)
}

/// One run of pytest; its counts come from the report that it writes.
pub(crate) fn pytest(
    project: &Project,
    venv: &Venv,
    name: &str,
    tests: &str,
    report: &mut Report,
) -> Result<(), String> {
    if !project.path(tests).is_dir() {
        report.fail(name, &format!("there is no {tests}"));
        return Ok(());
    }
    let result = results::file(project, name)?;
    let mut command = venv.python(project);
    command.args(["-m", "pytest", tests, "-p", "no:cacheprovider"]).arg(format!("--junitxml={}", result.display()));
    environment(project, &mut command);
    let status = process::stream(&mut command, |_| {})?;
    match project::read(&result).and_then(|xml| results::junit(&xml)) {
        Ok(results) => report.results(name, results, status),
        Err(why) => report.fail(name, &format!("pytest ended with {status} and left no result: {why}")),
    }
    Ok(())
}

/// The wheels as users get them, in an environment that holds nothing else; under CI also the source distribution, and
/// every interpreter found.
fn packages(
    project: &Project,
    interpreter: &Interpreter,
    venv: &Venv,
    flags: &Flags,
    report: &mut Report,
) -> Result<(), String> {
    Report::announce("Packages");
    let wheels = project.target.join("wheels");
    empty(&wheels)?;
    for (what, folder) in [("library", ""), ("emulator", "emulator")] {
        let build = wheel(project, venv, &project.path(folder), &wheels, &["--locked"]);
        if let Err(why) = build {
            report.fail(&format!("wheel of the {what}"), &why);
            return Ok(());
        }
    }
    let mut interpreters = vec![interpreter.clone()];
    if flags.ci {
        interpreters.extend(interpreter.others());
        report
            .verdict("source distribution", &source_distribution(project, venv).err().into_iter().collect::<Vec<_>>());
    }
    for interpreter in &interpreters {
        let name = format!("wheels, Python {}", interpreter.name());
        let folder = format!(".cache/wheels-{}", interpreter.name());
        match Venv::ensure(project, interpreter, &folder, &[]) {
            Ok(clean) => match try_wheels(project, &clean, &wheels) {
                Ok(()) => report.pass(&name),
                Err(why) => report.fail(&name, &why),
            },
            Err(missing) => report.skip(&name, &missing),
        }
    }
    Ok(())
}

/// A wheel of the dev profile from what is in `folder`.
fn wheel(project: &Project, venv: &Venv, folder: &Path, out: &Path, extra: &[&str]) -> Result<(), String> {
    let mut maturin = Command::new(venv.program("maturin"));
    maturin.args(["build", "--quiet", "--profile", "dev", "--auditwheel", "skip"]).args(extra).arg("--out").arg(out);
    maturin.current_dir(folder).env("VIRTUAL_ENV", &venv.folder).env("CARGO_TARGET_DIR", &project.target);
    process::run(&mut maturin)
}

/// The source distribution holds what building needs and nothing else, and a wheel can be made from it.
fn source_distribution(project: &Project, venv: &Venv) -> Result<(), String> {
    let folder = project.target.join("sdist");
    empty(&folder)?;
    let mut maturin = Command::new(venv.program("maturin"));
    process::run(maturin.args(["sdist", "--out"]).arg(&folder).current_dir(&project.root))?;
    let archive = project::files(&folder, ".tar.gz").pop().ok_or("maturin made no archive")?;
    process::run(venv.python(project).args(["-m", "tarfile", "-e"]).arg(&archive).arg(&folder))?;
    let tree = folder.join(archive.file_name().unwrap_or_default().to_string_lossy().trim_end_matches(".tar.gz"));
    for file in project::files(&tree, "") {
        let name = file.strip_prefix(&tree).unwrap_or(&file).to_string_lossy().into_owned();
        if !SOURCE_DISTRIBUTION.iter().any(|allowed| name.starts_with(allowed)) {
            return Err(format!("{name} does not belong into the source distribution"));
        }
    }
    wheel(project, venv, &tree, &folder, &[])
}

/// What the names in the source distribution begin with.
const SOURCE_DISTRIBUTION: &[&str] = &[
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "PKG-INFO",
    "README.md",
    "bindings/python/",
    // What the workspace's manifests name, without which cargo can't read them.
    "benches/core.rs",
    "benches/side_by_side/ours.rs",
    "benches/soak/soak.rs",
    "emulator/",
    "examples/rust/",
    "pyproject.toml",
    "python/midentity/",
    "src/",
];

/// Installs both wheels and uses each: the library finds the emulator that was installed beside it.
fn try_wheels(project: &Project, venv: &Venv, wheels: &Path) -> Result<(), String> {
    let mut pip = venv.python(project);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]);
    pip.arg("--force-reinstall").args(project::files(wheels, ".whl"));
    process::run(&mut pip)?;
    process::output(Command::new(venv.program(EMULATOR)).arg("--version"))?;
    let mut python = venv.python(project);
    python.args(["-I", "-c", "import midentity, midentity.aio; midentity.ManagedIdentityCredential()"]);
    process::run(&mut python)
}

/// Which scenarios the suites covered. Where Python could not run, what is missing is no failure, but no pass either.
fn covered(project: &Project, flags: &Flags, all_ran: bool, report: &mut Report) -> Result<(), String> {
    Report::announce("Conformance");
    let outcome = conformance::check(project)?;
    if !all_ran && outcome.faults.is_empty() && !outcome.missing.is_empty() {
        let why = format!("{} scenarios uncovered, because not every suite ran", outcome.missing.len());
        report.skip("conformance", &Missing::new(why, "install what the skipped suites miss"));
        return Ok(());
    }
    report.verdict("conformance", &outcome.findings(flags.ci));
    if outcome.page_differs && !flags.ci {
        report.remark(format!("NOTE {}", conformance::page_differs()));
    }
    Ok(())
}

/// What the tests find in their environment, and what they must not find there.
pub(crate) fn environment(project: &Project, command: &mut Command) {
    clean(command);
    command.env("MIDENTITY_CONFORMANCE_DIR", conformance::folder(project));
    command.env("MIDENTITY_EMULATOR_BIN", project.binary(EMULATOR));
}

/// Takes out what a machine's own identity would put into a program's way.
pub(crate) fn clean(command: &mut Command) {
    for name in FOREIGN_VARIABLES {
        command.env_remove(name);
    }
}

pub(crate) fn empty(folder: &Path) -> Result<(), String> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}
