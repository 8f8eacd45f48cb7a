//! The PowerShell module's tests as a Windows program: the Windows engine, which loads the Windows library.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use super::Windows;
use super::library::DLL;
use crate::powershell::{self, TEST_PROGRAM};
use crate::process;
use crate::project;
use crate::report::Report;
use crate::results::{self, Failed, Results};
use crate::test::EMULATOR;

const PACKAGE: &str = "midentity-c";

/// On Linux they take less than a minute.
const LIMIT: Duration = Duration::from_secs(600);

/// More failures than this are no accident of Wine's.
const TRIED_AGAIN: usize = 3;

/// The suite: published for Windows with a runtime of its own, as no .NET is installed there.
pub(super) fn run(windows: &Windows<'_>, report: &mut Report) -> Result<(), String> {
    Report::announce("Windows: PowerShell");
    let Some(dotnet) = powershell::sdk_or_skip(windows.project, "PowerShell on Windows", report) else { return Ok(()) };
    match prepare(windows, &dotnet) {
        Ok((program, emulator)) => try_it(windows, &program, &emulator, report),
        Err(why) => {
            report.fail("PowerShell on Windows", &why);
            Ok(())
        }
    }
}

/// The program of tests, beside which lies all that it needs; the module with the library; the emulator.
fn prepare(windows: &Windows<'_>, dotnet: &Path) -> Result<(PathBuf, PathBuf), String> {
    let folder = windows.cross.target.join("powershell");
    crate::test::empty(&folder)?;
    powershell::publish(windows.project, dotnet, "win-x64", &folder)?;
    let module = powershell::module(windows.project, powershell::MODULE)?;
    let library = module.join("win-x64").join(DLL);
    std::fs::create_dir_all(module.join("win-x64")).map_err(|error| format!("{}: {error}", module.display()))?;
    let built = library_built(windows)?;
    std::fs::copy(built, &library).map_err(|error| format!("{}: {error}", library.display()))?;
    Ok((folder.join(format!("{TEST_PROGRAM}.exe")), windows.program(EMULATOR)?.to_path_buf()))
}

fn library_built<'a>(windows: &'a Windows<'_>) -> Result<&'a Path, String> {
    let of_package = windows.built.iter().filter(|artifact| artifact.package == PACKAGE && !artifact.tests);
    let mut files = of_package.flat_map(|artifact| &artifact.files);
    files
        .find(|file| file.file_name().is_some_and(|name| name == DLL))
        .map(PathBuf::as_path)
        .ok_or_else(|| format!("{DLL} was not built"))
}

fn try_it(windows: &Windows<'_>, program: &Path, emulator: &Path, report: &mut Report) -> Result<(), String> {
    let ran = run_tests(windows, program, emulator, "powershell-windows", &[]);
    let ran = match ran {
        Ok((results, status)) if (1..=TRIED_AGAIN).contains(&results.failed.len()) => {
            again(windows, program, emulator, &results, report).map(|second| second.unwrap_or((results, status)))
        }
        other => other,
    };
    match ran {
        Ok((results, status)) => report.results("PowerShell on Windows", results, status),
        Err(why) => {
            report.fail("PowerShell on Windows", &why);
            // What it started is still there.
            windows.wine.restart()?;
        }
    }
    Ok(())
}

/// Now and then a thread is not woken under Wine, in another test each time and never on Linux: the few that failed run
/// once more, and what fails twice is a failure. What was repeated is said at the end. `None` where nothing is better.
fn again(
    windows: &Windows<'_>,
    program: &Path,
    emulator: &Path,
    first: &Results,
    report: &mut Report,
) -> Result<Option<(Results, ExitStatus)>, String> {
    // A theory's cases run together: their arguments are no part of a method's name.
    let method = |failed: &Failed| failed.name.split('(').next().unwrap_or_default().to_owned();
    let methods: BTreeSet<String> = first.failed.iter().map(method).collect();
    let filter: Vec<&str> = methods.iter().flat_map(|method| ["-method", method]).collect();
    let (second, status) = run_tests(windows, program, emulator, "powershell-windows-again", &filter)?;
    if !status.success() || second.counts.passed < first.counts.failed {
        return Ok(None);
    }
    for failed in &first.failed {
        report.remark(format!("NOTE PowerShell on Windows: run again, it passed: {failed}"));
    }
    let mut counts = first.counts;
    counts.passed += counts.failed;
    counts.failed = 0;
    Ok(Some((Results { counts, failed: Vec::new() }, status)))
}

/// The tests, or some of them, whose report gets this name.
fn run_tests(
    windows: &Windows<'_>,
    program: &Path,
    emulator: &Path,
    name: &str,
    filter: &[&str],
) -> Result<(Results, ExitStatus), String> {
    let result = results::file(windows.project, name)?;
    let mut command = windows.wine.command(program);
    command.current_dir(&windows.project.root);
    settings(&mut command, emulator);
    command.args(["-noLogo", "-noColor", "-result-junit"]).arg(&result).args(filter);
    // Wine complains at each look at a folder that drive Z: has no label. What the runtime says when it dies is there too.
    let said = result.with_extension("stderr.txt");
    command.stderr(std::fs::File::create(&said).map_err(|error| format!("{}: {error}", said.display()))?);
    let status = process::stream_within(&mut command, LIMIT, |_| {})?;
    match project::read(&result).and_then(|xml| results::junit(&xml)) {
        Ok(results) => Ok((results, status)),
        Err(why) => Err(format!("it ended with {status}: {why}; see {}", said.display())),
    }
}

fn settings(command: &mut Command, emulator: &Path) {
    command.env("MIDENTITY_EMULATOR_BIN", emulator);
    // Without this the runtime ends by itself under Wine 8.0, in a finalizer (DestroyScout).
    command.env("DOTNET_EnableWriteXorExecute", "0");
    // Wine's loader takes an assembly of .NET's for a program of .NET Framework's and wants its mscoree.dll.
    command.env("WINEDLLOVERRIDES", "winemenubuilder.exe=d;mshtml=");
    // No conformance evidence from here: the run on Linux gives it.
    command.env_remove("MIDENTITY_CONFORMANCE_DIR");
}
