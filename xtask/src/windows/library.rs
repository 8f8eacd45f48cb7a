//! The C library on Windows: what the DLL gives and needs, what programs link with, and programs that use it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Windows;
use super::cross::Artifact;
use super::ctest::{self, Linked};
use super::wine::Served;
use crate::process;
use crate::project::{self, Project};
use crate::report::Report;

const PACKAGE: &str = "midentity-c";
pub(super) const DLL: &str = "midentity.dll";
const IMPORT_LIBRARY: &str = "libmidentity.dll.a";
pub(super) const SYMBOLS: &str = "bindings/c/symbols.txt";

/// What every Windows 10 and later has. A DLL of the compiler's would have to be shipped as well.
const SYSTEM: &[&str] = &[
    "advapi32.dll",
    "api-ms-win-core-synch-l1-2-0.dll",
    "bcrypt.dll",
    "bcryptprimitives.dll",
    "crypt32.dll",
    "kernel32.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "secur32.dll",
    "userenv.dll",
    "ws2_32.dll",
];

/// What a program needs of the system when the library is a part of it.
const STATIC: &[&str] = &["ws2_32", "userenv", "ntdll", "crypt32", "pthread"];

const STRICT: &[&str] = &["-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Iinclude"];

/// The library's files in a folder of their own, where programs are put beside the DLL as on Windows.
struct Library {
    folder: PathBuf,
    dll: PathBuf,
    archive: PathBuf,
}

/// The library's suite.
pub(super) fn run(windows: &Windows<'_>, report: &mut Report) -> Result<(), String> {
    Report::announce("Windows: the C library");
    let library = match Library::of(windows) {
        Ok(library) => library,
        Err(why) => {
            report.fail("the C library", &why);
            return Ok(());
        }
    };
    match library.table(windows) {
        Ok(table) => {
            let wanted = windows.project.read(SYMBOLS)?;
            report.verdict("exports", &export_findings(&table, &wanted));
            report.verdict("imports", &import_findings(DLL, &table, &[]));
        }
        Err(why) => report.fail("exports and imports", &why),
    }
    report.verdict("headers", &header_findings(windows));
    match library.programs(windows) {
        Ok(programs) => library.use_it(windows, &programs, report)?,
        Err(why) => report.fail("C programs", &why),
    }
    let linked = Linked {
        dll: &library.dll,
        import_library: &library.folder.join(IMPORT_LIBRARY),
        archive: &library.archive,
        system: STATIC,
    };
    ctest::run(windows, &linked, report)
}

/// What a linker of Microsoft's makes an import library of: `lib /def:midentity.def /machine:x64`.
pub(super) fn definition(symbols: &str) -> String {
    let names: String = symbols.lines().map(|name| format!("    {name}\n")).collect();
    format!("LIBRARY {DLL}\nEXPORTS\n{names}")
}

impl Library {
    /// Copies what was built, and makes of the list of symbols what programs are linked with.
    fn of(windows: &Windows<'_>) -> Result<Self, String> {
        let files =
            |artifact: &Artifact| (artifact.package == PACKAGE && !artifact.tests).then(|| artifact.files.clone());
        let files: Vec<PathBuf> = windows.built.iter().filter_map(files).flatten().collect();
        let file = |name: &str| {
            let found = files.iter().find(|file| file.file_name().is_some_and(|own| own == name));
            found.cloned().ok_or_else(|| format!("{name} was not built"))
        };
        let folder = windows.cross.target.join("c");
        let dll = folder.join(DLL);
        let definition = folder.join("midentity.def");
        project::write(&definition, &self::definition(&windows.project.read(SYMBOLS)?))?;
        std::fs::copy(file(DLL)?, &dll).map_err(|error| format!("{}: {error}", dll.display()))?;
        let mut dlltool = windows.cross.tool(windows.project, "dlltool");
        dlltool.arg("--input-def").arg(definition).arg("--output-lib").arg(folder.join(IMPORT_LIBRARY));
        process::run(&mut dlltool)?;
        Ok(Self { folder, dll, archive: file("libmidentity.a")? })
    }

    /// The DLL's tables, in words.
    fn table(&self, windows: &Windows<'_>) -> Result<String, String> {
        process::output(windows.cross.tool(windows.project, "objdump").arg("--private-headers").arg(&self.dll))
    }

    /// The programs of tests/windows, built. The compiler's own libraries become parts of them.
    fn programs(&self, windows: &Windows<'_>) -> Result<Vec<PathBuf>, String> {
        let compile = |source: &str, name: &str, more: &[&str]| {
            let program = self.folder.join(name);
            let mut cc = windows.cross.tool(windows.project, "gcc");
            cc.args(["-std=c11", "-static"]).args(STRICT).arg("-o").arg(&program);
            cc.arg(format!("tests/windows/{source}.c")).arg(format!("-L{}", self.folder.display())).args(more);
            process::run(&mut cc).map(|()| program)
        };
        let archive = self.archive.display().to_string();
        let system: Vec<String> = STATIC.iter().map(|name| format!("-l{name}")).collect();
        let whole = ["-DMIDENTITY_STATIC", archive.as_str()].into_iter().chain(system.iter().map(String::as_str));
        let whole: Vec<&str> = whole.collect();
        Ok(vec![
            compile("library", "library.exe", &["-l:libmidentity.dll.a"])?,
            compile("library", "library-static.exe", &whole)?,
            compile("loaded", "loaded.exe", &[])?,
        ])
    }

    /// Runs them, with one emulator for all.
    fn use_it(&self, windows: &Windows<'_>, programs: &[PathBuf], report: &mut Report) -> Result<(), String> {
        let emulator = match windows.serve(&[]) {
            Ok(emulator) => emulator,
            Err(why) => {
                report.fail("C programs", &why);
                return Ok(());
            }
        };
        for program in programs {
            let name = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let mut command = windows.wine.command(program);
            command.current_dir(&windows.project.root).envs(emulator.variables.iter().cloned());
            if name == "loaded" {
                command.arg(&self.dll);
            }
            windows.count(&format!("C {name}"), &mut command, report)?;
        }
        if let Err(why) = Served::stop(emulator) {
            report.fail("C programs", &why);
        }
        Ok(())
    }
}

/// Every header by itself, as every standard that it says.
fn header_findings(windows: &Windows<'_>) -> Vec<String> {
    let Project { root, .. } = windows.project;
    let headers = project::files(&root.join("include"), "");
    let c = |header: &Path| header.extension().is_some_and(|extension| extension == "h");
    let mut findings = Vec::new();
    for header in &headers {
        for (compiler, language, standard) in [("gcc", "c", "c99"), ("gcc", "c", "c11"), ("g++", "c++", "c++17")] {
            if language == "c" && !c(header) {
                continue;
            }
            let mut compile = windows.cross.tool(windows.project, compiler);
            compile.args(["-fsyntax-only", "-x", language]).arg(format!("-std={standard}")).args(STRICT).arg(header);
            // The header is the file here, of which its `#pragma once` or guard must not be said to be needless.
            compile.arg("-Wno-pragma-once-outside-header");
            findings.extend(process::output(&mut compile).err());
        }
    }
    if headers.is_empty() {
        findings.push("there is no header in include/".to_owned());
    }
    findings
}

/// The DLL exports what the list says, and of others' nothing but what a dependency marks for itself.
fn export_findings(table: &str, symbols: &str) -> Vec<String> {
    let names = table.split("[Ordinal/Name Pointer] Table").nth(1).unwrap_or_default().lines().skip(1);
    let names = names.map_while(|line| line.trim().strip_prefix('[')?.split_once(']').map(|(_, name)| name.trim()));
    // The emulator, built in the same call, brings aws-lc into the features, whose source marks some for export. No import
    // library of ours has them.
    let exported: BTreeSet<&str> = names.filter(|name| !name.starts_with("aws_lc_")).collect();
    let wanted: BTreeSet<&str> = symbols.lines().collect();
    let missing = wanted.difference(&exported).map(|name| format!("{DLL} does not export {name}"));
    let more = exported.difference(&wanted).map(|name| format!("{DLL} exports {name}, which {SYMBOLS} does not have"));
    missing.chain(more).collect()
}

/// What a file's table says that it needs, beside what Windows has and `more`.
pub(super) fn import_findings(file: &str, table: &str, more: &[&str]) -> Vec<String> {
    let needed: BTreeSet<String> =
        table.lines().filter_map(|line| line.trim().strip_prefix("DLL Name: ")).map(str::to_ascii_lowercase).collect();
    if needed.is_empty() {
        return vec![format!("{file} imports nothing, which can't be")];
    }
    let foreign = needed.iter().filter(|name| !SYSTEM.contains(&name.as_str()) && !more.contains(&name.as_str()));
    foreign.map(|name| format!("{file} needs {name}, which is no part of Windows")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "
\tDLL Name: KERNEL32.dll
\tvma:  Hint/Ord Member-Name Bound-To
\tDLL Name: libgcc_s_seh-1.dll

Export Address Table -- Ordinal Base 1

[Ordinal/Name Pointer] Table
\t[   0] aws_lc_0_47_0_jent_version
\t[   1] midentity_a
\t[   2] midentity_c

The Function Table
";

    #[test]
    fn exports_are_compared_in_both_directions() {
        assert_eq!(export_findings(TABLE, "midentity_a\nmidentity_c\n"), Vec::<String>::new());
        let findings = export_findings(TABLE, "midentity_a\nmidentity_b\n").join("\n");
        assert!(findings.contains("does not export midentity_b") && findings.contains("exports midentity_c"));
        assert_eq!(export_findings("", "midentity_a\n").len(), 1);
    }

    #[test]
    fn a_dll_of_the_compilers_is_found() {
        assert_eq!(
            import_findings(DLL, TABLE, &[]),
            ["midentity.dll needs libgcc_s_seh-1.dll, which is no part of Windows"]
        );
        assert_eq!(import_findings(DLL, TABLE, &["libgcc_s_seh-1.dll"]), Vec::<String>::new());
        assert_eq!(import_findings(DLL, "", &[]).len(), 1);
    }

    #[test]
    fn the_definition_names_the_dll_and_every_symbol() {
        assert_eq!(definition("a\nb\n"), "LIBRARY midentity.dll\nEXPORTS\n    a\n    b\n");
    }
}
