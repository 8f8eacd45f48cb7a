//! The PowerShell module: built once, with its help, then tried in the real engine, which the tests host in their own process.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::help;
use crate::process;
use crate::project::{self, Project};
use crate::report::{Missing, Report};
use crate::results;
use crate::test;

const TESTS: &str = "tests/powershell/Midentity.PowerShell.Tests.csproj";
pub(crate) const TEST_PROGRAM: &str = "Midentity.PowerShell.Tests";

pub(crate) const MODULE: &str = "Midentity";
pub(crate) const EMULATOR_MODULE: &str = "Midentity.Emulator";

/// The SDK that the tests are written for; its runtime is the one that the engine's package needs.
const SDK: &str = "10.";

/// Where this project's own machines keep an SDK and the packages.
const SHARED_SDK: &str = "../shared/dotnet/activate.sh";

/// The suite `powershell`: build, then the tests, whose result file gives the counts.
pub(crate) fn suite(project: &Project, report: &mut Report) -> Result<(), String> {
    Report::announce("PowerShell");
    let Some(dotnet) = sdk_or_skip(project, "powershell", report) else { return Ok(()) };
    // The module's native library, and the emulator that its tests ask.
    let native = process::run(&mut project.cargo(&["build", "--workspace"]));
    let built = native.and_then(|()| build(project, &dotnet));
    if let Err(why) = built.and_then(|()| write_help(project)) {
        report.fail("powershell", &why);
        return Ok(());
    }
    let result = results::file(project, "powershell")?;
    let mut command = Command::new(&dotnet);
    command.current_dir(&project.root).arg("exec").arg(test_program(project));
    command.args(["-noLogo", "-noColor", "-result-junit"]).arg(&result);
    test::environment(project, &mut command);
    let status = process::stream(&mut command, |_| {})?;
    match project::read(&result).and_then(|xml| results::junit(&xml)) {
        Ok(results) => report.results("powershell", results, status),
        Err(why) => report.fail("powershell", &format!("the tests ended with {status} and left no result: {why}")),
    }
    Ok(())
}

/// White space as `dotnet format` wants it.
pub(crate) fn format(project: &Project, report: &mut Report) {
    Report::announce("dotnet format");
    let Some(dotnet) = sdk_or_skip(project, "dotnet format", report) else { return };
    for folder in
        ["bindings/powershell/src", "bindings/powershell/emulator/src", "tests/powershell", "benches/powershell"]
    {
        let mut command = Command::new(&dotnet);
        command.current_dir(&project.root).args(["format", "whitespace", "--folder", folder, "--verify-no-changes"]);
        if let Err(why) = process::run(&mut command) {
            report.fail("dotnet format", &why);
            return;
        }
    }
    report.pass("dotnet format");
}

/// The SDK, or a skip that says what is missing.
pub(crate) fn sdk_or_skip(project: &Project, what: &str, report: &mut Report) -> Option<PathBuf> {
    match find_sdk() {
        Ok(dotnet) => Some(dotnet),
        Err(why) if project.path(SHARED_SDK).is_file() => {
            report.skip(what, &Missing::new(why, format!("source {SHARED_SDK} first")));
            None
        }
        // The one skip that a run under CI may have: nobody is asked to install an SDK for it.
        Err(why) => {
            report.skip_excused(what, &Missing::new(why, "install the .NET SDK 10 (dotnet.microsoft.com)"));
            None
        }
    }
}

/// The modules and their tests.
pub(crate) fn build(project: &Project, dotnet: &Path) -> Result<(), String> {
    process::run(&mut msbuild(project, dotnet, "build", TESTS))
}

/// The tests with a runtime of their own, for another system; the module is laid out with its help.
pub(crate) fn publish(project: &Project, dotnet: &Path, system: &str, to: &Path) -> Result<(), String> {
    let mut command = msbuild(project, dotnet, "publish", TESTS);
    command.args(["--runtime", system, "--self-contained", "--output"]).arg(to);
    // The frameworks of other kinds of programs are not wanted, and not everywhere to be had.
    command.arg("-p:DisableTransitiveFrameworkReferenceDownloads=true");
    process::run(&mut command)?;
    write_help(project)
}

fn write_help(project: &Project) -> Result<(), String> {
    help::write(project, &help::MIDENTITY, &module(project, MODULE)?)?;
    help::write(project, &help::EMULATOR, &module(project, EMULATOR_MODULE)?)
}

/// Release, because that is what is shipped.
fn msbuild(project: &Project, dotnet: &Path, verb: &str, what: &str) -> Command {
    let mut command = Command::new(dotnet);
    command.current_dir(&project.root).args([verb, what, "--configuration", "Release", "--nologo"]);
    command
        .args(["-verbosity:quiet", "-maxCpuCount:2"])
        .arg(format!("-p:MidentityTarget={}", project.target.display()));
    // Compilers that stay behind would hold the memory and the folder after the run.
    command.args(["-nodeReuse:false", "-p:UseSharedCompilation=false"]);
    command
}

/// Where the build lays a module out.
pub(crate) fn module(project: &Project, name: &str) -> Result<PathBuf, String> {
    let version = &project.packages.get("midentity").ok_or("cargo knows no package midentity")?.version;
    Ok(project.target.join("powershell/module").join(name).join(version))
}

pub(crate) fn test_program(project: &Project) -> PathBuf {
    let folder = project.target.join("powershell/bin").join(TEST_PROGRAM).join("Release/net10.0");
    folder.join(format!("{TEST_PROGRAM}.dll"))
}

/// `dotnet` in `DOTNET_ROOT` or on `PATH`, if it has the SDK.
fn find_sdk() -> Result<PathBuf, String> {
    let root = std::env::var_os("DOTNET_ROOT").map(PathBuf::from).into_iter().collect::<Vec<_>>();
    let name = format!("dotnet{}", std::env::consts::EXE_SUFFIX);
    let dotnet = process::find(&name, &root).ok_or("no .NET SDK 10 found (no dotnet in DOTNET_ROOT or on PATH)")?;
    let list = process::output(Command::new(&dotnet).arg("--list-sdks"))?;
    if has_sdk(&list) {
        return Ok(dotnet);
    }
    Err(format!("no .NET SDK 10 found ({} has {})", dotnet.display(), listed(&list)))
}

/// `10.0.401 [/usr/share/dotnet/sdk]`, a line for each.
fn has_sdk(list: &str) -> bool {
    list.lines().any(|line| line.starts_with(SDK))
}

fn listed(list: &str) -> String {
    let versions: Vec<_> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    if versions.is_empty() { "no SDK".to_owned() } else { versions.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sdk_that_the_tests_need_counts() {
        assert!(has_sdk("8.0.100 [/a]\n10.0.401 [/a]\n"));
        assert!(!has_sdk("8.0.100 [/a]\n"));
        assert!(!has_sdk(""));
        assert_eq!(listed("8.0.100 [/a]\n9.0.1 [/a]\n"), "8.0.100, 9.0.1");
        assert_eq!(listed(""), "no SDK");
    }
}
