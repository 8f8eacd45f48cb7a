//! The PowerShell module's tests as a Windows program: the Windows engine, which loads the Windows library.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Windows;
use super::library::DLL;
use crate::powershell::{self, TEST_PROGRAM};
use crate::process;
use crate::project;
use crate::report::Report;
use crate::test::{EMULATOR, junit_counts};

const PACKAGE: &str = "midentity-c";

/// On Linux they take less than a minute.
const LIMIT: Duration = Duration::from_secs(600);

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
    let result = windows.project.target.join("test/powershell-windows.xml");
    let _ = std::fs::remove_file(&result);
    if let Some(folder) = result.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mut command = windows.wine.command(program);
    command.current_dir(&windows.project.root);
    settings(&mut command, emulator);
    command.args(["-noLogo", "-noColor", "-result-junit"]).arg(&result);
    // Wine complains at each look at a folder that drive Z: has no label. What the runtime says when it dies is there too.
    let said = result.with_extension("stderr.txt");
    command.stderr(std::fs::File::create(&said).map_err(|error| format!("{}: {error}", said.display()))?);
    match process::stream_within(&mut command, LIMIT, |_| {}) {
        Ok(status) => match project::read(&result).and_then(|xml| junit_counts(&xml)) {
            Ok(counts) if status.success() == (counts.failed == 0) => report.add("PowerShell on Windows", counts),
            Ok(_) => report
                .fail("PowerShell on Windows", &format!("it ended with {status}, which its counts do not explain")),
            Err(why) => {
                report.fail("PowerShell on Windows", &format!("it ended with {status}: {why}; see {}", said.display()));
            }
        },
        Err(why) => {
            report.fail("PowerShell on Windows", &why);
            // What it started is still there.
            windows.wine.restart()?;
        }
    }
    Ok(())
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
