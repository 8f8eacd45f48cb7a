//! The C and C++ tests of every system, built by CMake with mingw and run by CTest under Wine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Windows;
use super::wine::Served;
use crate::native::{self, EMULATORS};
use crate::process;
use crate::project;
use crate::report::Report;
use crate::results;
use crate::test::TOOLS;
use crate::venv::{Interpreter, Venv};

/// Every test has a limit of its own; this is the whole run's.
const LIMIT: Duration = Duration::from_secs(1200);

/// What the tests are linked with: the library's files.
pub(super) struct Linked<'a> {
    pub(super) dll: &'a Path,
    pub(super) import_library: &'a Path,
    pub(super) archive: &'a Path,
    /// What the archive needs of the system, without `-l`.
    pub(super) system: &'a [&'a str],
}

/// The suite: everything below tests/ that has a `CMakeLists.txt`.
pub(super) fn run(windows: &Windows<'_>, linked: &Linked<'_>, report: &mut Report) -> Result<(), String> {
    Report::announce("Windows: the C and C++ tests");
    let tools =
        Interpreter::find().and_then(|interpreter| Venv::ensure(windows.project, &interpreter, ".venv", &TOOLS));
    let tools = match tools {
        Ok(tools) => tools,
        Err(missing) => {
            report.skip("C and C++", &missing);
            return Ok(());
        }
    };
    let folder = windows.cross.target.join("ctest");
    let ran = build(windows, linked, &tools, &folder).and_then(|()| ctest(windows, &tools, &folder, report));
    if let Err(why) = ran {
        report.fail("C and C++", &why);
        // What hangs is still there.
        windows.wine.restart()?;
    }
    Ok(())
}

/// Runs every test, on each emulator one after the other.
fn ctest(windows: &Windows<'_>, tools: &Venv, folder: &Path, report: &mut Report) -> Result<(), String> {
    let result = folder.join("result.xml");
    let _ = std::fs::remove_file(&result);
    let mut command = Command::new(tools.program("ctest"));
    command.arg("--test-dir").arg(folder).arg("--output-junit").arg(&result);
    command.args(["--output-on-failure", "--no-tests=error", "--parallel", "4", "--timeout", "120"]);
    // Now and then a test stands still under Wine, another one each time and none of them on Linux, as if a wake-up had
    // been lost. CTest shows what it repeats, and what fails twice is a failure.
    command.args(["--repeat", "until-pass:2"]);
    windows.wine.environment(&mut command);
    let mut running = Vec::new();
    for (variable, arguments) in EMULATORS {
        let emulator = windows.serve(arguments)?;
        command.envs(native::variables(variable, emulator.variables.iter().map(|(n, v)| (n.as_str(), v.as_str()))));
        running.push(emulator);
    }
    let status = process::stream_within(&mut command, LIMIT, |_| {})?;
    report.parts("C and C++", results::junit_parts(&project::read(&result)?)?, status);
    running.into_iter().try_for_each(Served::stop)
}

fn build(windows: &Windows<'_>, linked: &Linked<'_>, tools: &Venv, folder: &Path) -> Result<(), String> {
    let programs = folder.join("bin");
    std::fs::create_dir_all(&programs).map_err(|error| format!("{}: {error}", programs.display()))?;
    // On Windows a program finds a DLL that lies beside it.
    let dll = programs.join(linked.dll.file_name().unwrap_or_default());
    std::fs::copy(linked.dll, &dll).map_err(|error| format!("{}: {error}", dll.display()))?;
    let mut configure = Command::new(tools.program("cmake"));
    configure.args(["-S", "tests", "-G", "Ninja", "-B"]).arg(folder).current_dir(&windows.project.root);
    let settings: [(&str, PathBuf); 10] = [
        ("CMAKE_SYSTEM_NAME", "Windows".into()),
        ("CMAKE_MAKE_PROGRAM", tools.program("ninja")),
        ("CMAKE_C_COMPILER", windows.cross.path("gcc")),
        ("CMAKE_CXX_COMPILER", windows.cross.path("g++")),
        ("CMAKE_CROSSCOMPILING_EMULATOR", windows.wine.program().to_owned()),
        ("CMAKE_RUNTIME_OUTPUT_DIRECTORY", programs),
        // The compiler's own libraries become parts of the programs.
        ("CMAKE_EXE_LINKER_FLAGS", "-static".into()),
        ("MIDENTITY_LIBRARY", linked.import_library.to_owned()),
        ("MIDENTITY_STATIC_LIBRARY", linked.archive.to_owned()),
        ("MIDENTITY_STATIC_LINKS", linked.system.join(";").into()),
    ];
    for (name, value) in settings {
        configure.arg(format!("-D{name}={}", value.display()));
    }
    process::run(&mut configure)?;
    process::run(Command::new(tools.program("cmake")).arg("--build").arg(folder))
}
