//! The C and C++ tests of every system, built by CMake with mingw and run by CTest under Wine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Windows;
use super::wine::Served;
use crate::process;
use crate::report::{Counts, Report};
use crate::venv::{Interpreter, Venv};

/// Every test has a limit of its own; this is the whole run's.
const LIMIT: Duration = Duration::from_secs(900);

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
    let tools = Interpreter::find()
        .and_then(|interpreter| Venv::ensure(windows.project, &interpreter, ".cache/native", &["native"]));
    let tools = match tools {
        Ok(tools) => tools,
        Err(missing) => {
            report.skip("C and C++", &missing);
            return Ok(());
        }
    };
    let folder = windows.cross.target.join("ctest");
    if let Err(why) = build(windows, linked, &tools, &folder) {
        report.fail("C and C++", &why);
        return Ok(());
    }
    let emulator = match windows.serve(&[]) {
        Ok(emulator) => emulator,
        Err(why) => {
            report.fail("C and C++", &why);
            return Ok(());
        }
    };
    let mut ctest = Command::new(tools.program("ctest"));
    ctest.arg("--test-dir").arg(&folder).args(["--output-on-failure", "--no-tests=error"]);
    windows.wine.environment(&mut ctest);
    ctest.envs(emulator.variables.iter().cloned());
    let mut counts = Counts::default();
    let ended = process::stream_within(&mut ctest, LIMIT, |line| counts += outcome(line));
    match ended {
        Ok(status) if status.success() == (counts.failed == 0) => report.add("C and C++", counts),
        Ok(status) => report.fail("C and C++", &format!("ctest ended with {status}, which its counts do not explain")),
        Err(why) => {
            report.fail("C and C++", &why);
            windows.wine.restart()?;
        }
    }
    if let Err(why) = Served::stop(emulator) {
        report.fail("C and C++", &why);
    }
    Ok(())
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

/// `  3/60 Test  #3: c.values.parses ...................   Passed    0.05 sec`
fn outcome(line: &str) -> Counts {
    let mut counts = Counts::default();
    let Some((_, rest)) = line.split_once(" Test ").filter(|(before, _)| before.contains('/')) else { return counts };
    if !rest.trim_start().starts_with('#') {
        return counts;
    }
    let words = rest.split_whitespace().collect::<Vec<_>>();
    if words.contains(&"Passed") {
        counts.passed = 1;
    } else if rest.contains("***Skipped") {
        counts.skipped = 1;
    } else {
        counts.failed = 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_counts_once() {
        let said = "
    Start  1: c.values.parses
 1/12 Test  #1: c.values.parses ..................   Passed    0.05 sec
 2/12 Test  #2: c.values.fails ...................***Failed    0.05 sec
tests/c/values.c:3: it is 1, not 2
 3/12 Test #10: c.values.hangs ...................***Timeout  90.05 sec
10/12 Test #11: c.values.cannot ..................***Skipped   0.05 sec
11/12 Test #12: c.values.crashes .................***Exception: SegFault  0.10 sec
12/12 Test #13: c.values.none ....................***Not Run (Disabled)   0.00 sec
50% tests passed, 3 tests failed out of 6
";
        let mut counts = Counts::default();
        for line in said.lines() {
            counts += outcome(line);
        }
        assert_eq!(counts, Counts { passed: 1, failed: 4, skipped: 1 });
    }
}
