//! `make package-powershell`: the PowerShell modules as they are published and copied, tried from where they lie.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Flags;
use crate::help::{self, ModuleHelp};
use crate::powershell;
use crate::process;
use crate::project::{self, Project};
use crate::report::{Missing, Report};
use crate::test::{self, EMULATOR};
use crate::third_party;
use crate::venv::Interpreter;

const FOLDER: &str = "out";

/// The systems that natives may be for. Those that are not built get a folder that says so.
const SYSTEMS: &[&str] = &["linux-arm64", "linux-x64", "osx-arm64", "osx-x64", "win-arm64", "win-x64"];

const README: &str = "README.txt";

/// A module, and what of Rust's it holds.
struct Module {
    name: &'static str,
    assembly: &'static str,
    format: &'static str,
    help: &'static ModuleHelp,
    topics: &'static [&'static str],
    /// The packages whose parts are in it.
    crates: &'static [&'static str],
    /// What the native file is called on Linux and on Windows, in the build and in the module.
    natives: [(&'static str, &'static str); 2],
    executable: bool,
}

const MODULES: [Module; 2] = [
    Module {
        name: powershell::MODULE,
        assembly: "Midentity.PowerShell.dll",
        format: "Midentity.Format.ps1xml",
        help: &help::MIDENTITY,
        topics: &["about_Midentity", "about_Midentity_Errors", "about_Midentity_Migration"],
        crates: &["midentity-c"],
        natives: [("libmidentity.so", "midentity.so"), ("midentity.dll", "midentity.dll")],
        executable: false,
    },
    Module {
        name: powershell::EMULATOR_MODULE,
        assembly: "Midentity.Emulator.PowerShell.dll",
        format: "Midentity.Emulator.Format.ps1xml",
        help: &help::EMULATOR,
        topics: &["about_Midentity_Emulator"],
        crates: &["midentity-emulator"],
        natives: [(EMULATOR, EMULATOR), ("midentity-emulator.exe", "midentity-emulator.exe")],
        executable: true,
    },
];

/// Where the natives are: folders that hold the library and the emulator.
struct Natives {
    linux: PathBuf,
    windows: PathBuf,
}

impl Natives {
    /// What was named, else what `make package` (for the tests: `make test` and `make test-windows`) has built.
    fn of(project: &Project, flags: &Flags) -> Self {
        let profile = if flags.dev { "debug" } else { "release" };
        let linux = if flags.dev { "debug" } else { "package/x86_64-unknown-linux-gnu/release" };
        let windows = format!("windows/x86_64-pc-windows-gnu/{profile}");
        let folder = |file: &Option<PathBuf>, default: &str| {
            let named = file.as_deref().and_then(Path::parent).map(Path::to_path_buf);
            named.unwrap_or_else(|| project.target.join(default))
        };
        Self { linux: folder(&flags.linux, linux), windows: folder(&flags.windows, &windows) }
    }
}

pub(crate) fn run(project: &Project, flags: &Flags) -> Result<Report, String> {
    let mut report = Report::default();
    Report::announce("PowerShell modules");
    let Some(dotnet) = powershell::sdk_or_skip(project, "PowerShell modules", &mut report) else { return Ok(report) };
    let python = match Interpreter::find() {
        Ok(python) => python,
        Err(missing) => {
            report.skip("PowerShell modules", &missing);
            return Ok(report);
        }
    };
    if let Err(why) = powershell::build(project, &dotnet) {
        report.fail("PowerShell modules", &why);
        return Ok(report);
    }
    let natives = Natives::of(project, flags);
    for module in &MODULES {
        match lay_out(project, module, &natives, flags.dev, &mut report) {
            Ok(folder) => {
                report
                    .verdict(&format!("contents of {}", module.name), &contents(&folder, module, &natives, flags.dev));
                match zip(project, &python, module) {
                    Ok(()) => report.pass(&format!("archive of {}", module.name)),
                    Err(why) => report.fail(&format!("archive of {}", module.name), &why),
                }
            }
            Err(why) => report.fail(module.name, &why),
        }
    }
    if report.counts().failed == 0 {
        match try_them(project, &dotnet) {
            Ok(()) => report.pass("the modules from their packages"),
            Err(why) => report.fail("the modules from their packages", &why),
        }
    }
    Ok(report)
}

fn version(project: &Project) -> Result<&str, String> {
    project
        .packages
        .get("midentity")
        .map(|p| p.version.as_str())
        .ok_or_else(|| "cargo knows no package midentity".to_owned())
}

fn lay_out(
    project: &Project,
    module: &Module,
    natives: &Natives,
    dev: bool,
    report: &mut Report,
) -> Result<PathBuf, String> {
    let out = project.path(FOLDER).join(module.name);
    let folder = out.join(version(project)?);
    test::empty(&out)?;
    let built = powershell::module(project, module.name)?;
    for file in [module.assembly, module.format, module.help.manifest, "LICENSE"] {
        copy(&built.join(file), &folder.join(file))?;
    }
    help::write(project, module.help, &folder)?;
    project::write(&folder.join("THIRD-PARTY.txt"), &third_party::text(project, module.crates)?)?;
    for system in SYSTEMS {
        match native(module, natives, system) {
            Some((from, name)) if from.is_file() => {
                let to = folder.join(system).join(name);
                copy(&from, &to)?;
                if module.executable {
                    make_executable(&to)?;
                }
                continue;
            }
            // A release has both; the tests' build of the other system may not be there.
            Some((from, _)) if !dev => return Err(format!("{} is missing; make package builds it", from.display())),
            Some((from, _)) => report.skip(
                &format!("{} for {system}", module.name),
                &Missing::new(format!("{} is not there", from.display()), "make test-windows builds it"),
            ),
            None => {}
        }
        project::write(&folder.join(system).join(README), &not_built(module, system))?;
    }
    Ok(folder)
}

/// Where the native file for a system was built, and its name in the module.
fn native(module: &Module, natives: &Natives, system: &str) -> Option<(PathBuf, &'static str)> {
    let [linux, windows] = module.natives;
    match system {
        "linux-x64" => Some((natives.linux.join(linux.0), linux.1)),
        "win-x64" => Some((natives.windows.join(windows.0), windows.1)),
        _ => None,
    }
}

fn not_built(module: &Module, system: &str) -> String {
    let file = match (module.executable, system.split('-').next().unwrap_or_default()) {
        (false, "linux") => "midentity.so",
        (false, "osx") => "midentity.dylib",
        (false, _) => "midentity.dll",
        (true, "win") => "midentity-emulator.exe",
        (true, _) => EMULATOR,
    };
    format!("This version has no {file} for {system}. One that is built from the sources belongs here.\n")
}

/// What is missing, and what does not belong there.
fn contents(folder: &Path, module: &Module, natives: &Natives, dev: bool) -> Vec<String> {
    let mut wanted: Vec<String> = [module.assembly, module.format, module.help.manifest, "LICENSE", "THIRD-PARTY.txt"]
        .map(str::to_owned)
        .to_vec();
    wanted.push(format!("en-US/{}-Help.xml", module.assembly));
    wanted.extend(module.topics.iter().map(|topic| format!("en-US/{topic}.help.txt")));
    for system in SYSTEMS {
        let file =
            native(module, natives, system).filter(|(from, _)| !dev || from.is_file()).map_or(README, |found| found.1);
        wanted.push(format!("{system}/{file}"));
    }
    wanted.sort();
    let mut found: Vec<String> = project::files(folder, "")
        .iter()
        .map(|file| file.strip_prefix(folder).unwrap_or(file).to_string_lossy().replace('\\', "/"))
        .collect();
    found.sort();
    println!("{}:", folder.display());
    for name in &found {
        println!("    {name}");
    }
    let missing = wanted.iter().filter(|name| !found.contains(name)).map(|name| format!("{name} is missing"));
    let more = found.iter().filter(|name| !wanted.contains(name)).map(|name| format!("{name} does not belong there"));
    let empty = found.iter().filter(|name| folder.join(name).metadata().is_ok_and(|facts| facts.len() == 0));
    missing.chain(more).chain(empty.map(|name| format!("{name} is empty"))).collect()
}

/// For agents without a network: unpacked in a folder of PSModulePath, it is installed.
fn zip(project: &Project, python: &Interpreter, module: &Module) -> Result<(), String> {
    let mut command = Command::new(&python.program);
    command.current_dir(project.path(FOLDER)).args(["-m", "zipfile", "-c"]);
    command.arg(format!("{}-PowerShell-{}.zip", module.name, version(project)?)).arg(module.name);
    process::run(&mut command)
}

/// A process of its own, which loads both modules from where they were laid out.
fn try_them(project: &Project, dotnet: &Path) -> Result<(), String> {
    let mut command = Command::new(dotnet);
    command.current_dir(&project.root).arg("exec").arg(powershell::test_program(project));
    test::clean(&mut command);
    command.env_remove("MIDENTITY_EMULATOR_BIN").env("MIDENTITY_PACKAGES", project.path(FOLDER));
    command.args(["-noLogo", "-noColor", "-explicit", "only"]);
    command.args(["-method", "Midentity.PowerShell.Tests.PackageTests.*"]);
    let mut ran = false;
    let status =
        process::stream(&mut command, |line| ran |= line.contains("Total: 2, Errors: 0, Failed: 0, Skipped: 0"))?;
    if status.success() && ran { Ok(()) } else { Err(format!("the tests ended with {status}")) }
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    std::fs::copy(from, to).map(|_| ()).map_err(|error| format!("{}: {error}", from.display()))
}

#[cfg(unix)]
fn make_executable(file: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(file, permissions).map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "the same shape as on Unix")]
fn make_executable(_: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_that_is_not_built_is_named_with_its_file() {
        assert!(not_built(&MODULES[0], "osx-arm64").contains("midentity.dylib for osx-arm64"));
        assert!(not_built(&MODULES[1], "win-arm64").contains("midentity-emulator.exe for win-arm64"));
        let natives = Natives { linux: "l".into(), windows: "w".into() };
        assert_eq!(
            native(&MODULES[0], &natives, "linux-x64"),
            Some((Path::new("l").join("libmidentity.so"), "midentity.so"))
        );
        assert_eq!(native(&MODULES[0], &natives, "linux-arm64"), None);
    }
}
