//! `make package`: what users are given, built for the oldest systems that are supported, read back and listed.

mod archive;
mod glibc;
mod windows;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::abi;
use crate::install;
use crate::process;
use crate::project::{self, Project};
use crate::report::Report;
use crate::test::EMULATOR;
use crate::venv::{Interpreter, Venv};

use archive::Kind;

const FOLDER: &str = "out";
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// What is packed, the tools for it, and where it goes.
struct Packages<'a> {
    project: &'a Project,
    venv: Venv,
    out: PathBuf,
    version: String,
}

pub(crate) fn run(project: &Project) -> Result<Report, String> {
    let mut report = Report::default();
    Report::announce("Tools");
    let venv =
        Interpreter::find().and_then(|python| Venv::ensure(project, &python, ".cache/package", &["build", "package"]));
    let venv = match venv {
        Ok(venv) => venv,
        Err(missing) => {
            report.skip("packages", &missing);
            return Ok(report);
        }
    };
    let version = project.packages.get("midentity").map(|p| p.version.clone()).unwrap_or_default();
    let packages = Packages { project, venv, out: project.path(FOLDER), version };
    crate::test::empty(&packages.out)?;
    packages.linux(&mut report);
    packages.wheels(&mut report);
    windows::run(&packages, &mut report);
    println!("\nin {FOLDER}/:");
    for file in project::files(&packages.out, "") {
        let size = file.metadata().map_err(|error| error.to_string())?.len();
        println!("{:>12}  {}", size, file.strip_prefix(&packages.out).unwrap_or(&file).display());
    }
    Ok(report)
}

impl Packages<'_> {
    /// `target/package`, so that what zig links is never taken for what the tests built.
    fn target(&self) -> PathBuf {
        self.project.target.join("package")
    }

    /// The C library and the emulator for Linux.
    fn linux(&self, report: &mut Report) {
        Report::announce("Linux");
        let oldest = format!("{TARGET}.{}", glibc::OLDEST);
        let mut zigbuild = Command::new(self.venv.program("cargo-zigbuild"));
        zigbuild.current_dir(&self.project.root);
        zigbuild.args(["zigbuild", "--release", "--locked", "--target", &oldest]);
        zigbuild.args(["--package"]);
        self.with_tools(&mut zigbuild);
        // One after the other: together, the emulator's cryptography would come into the library's features. The core by
        // itself is what tells which system libraries the static library needs.
        for package in ["midentity-emulator", "midentity", "midentity-c"] {
            if let Err(why) = process::run(again(&zigbuild).arg(package)) {
                report.fail("Linux natives", &why);
                return;
            }
        }
        let built = self.target().join(TARGET).join("release");
        let emulator = built.join(EMULATOR);
        for file in [built.join("libmidentity.so"), emulator.clone()] {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            report.verdict(&format!("glibc of {name}"), &glibc::findings(&file));
        }
        report.verdict("size of libmidentity.so", &size_findings(&built.join("libmidentity.so")));
        let released = abi::released(self.project, &built.join("libmidentity.so")).unwrap_or_else(|why| vec![why]);
        report.verdict("symbols of libmidentity.so", &released);
        let library = self.staging(&format!("midentity-{}-linux-x64", self.version));
        let staged = library.and_then(|folder| {
            install::from(self.project, &built, &folder)?;
            Ok(folder)
        });
        self.pack(staged, Kind::TarGz, LINUX_LIBRARY, report);
        let program = self.staging(&format!("midentity-emulator-{}-linux-x64", self.version)).and_then(|folder| {
            copy(&emulator, &folder.join(EMULATOR))?;
            copy(&self.project.path("LICENSE"), &folder.join("LICENSE"))?;
            Ok(folder)
        });
        self.pack(program, Kind::TarGz, &["LICENSE", EMULATOR], report);
    }

    /// The Python packages for Linux; maturin refuses what needs a newer system than it says.
    fn wheels(&self, report: &mut Report) {
        Report::announce("Python wheels");
        for (what, folder, contents) in
            [("midentity", "", LIBRARY_WHEEL), ("midentity_emulator", "emulator", EMULATOR_WHEEL)]
        {
            let mut maturin = self.maturin(folder);
            maturin.args([
                "--zig",
                "--target",
                TARGET,
                "--compatibility",
                &format!("manylinux_{}", glibc::OLDEST.replace('.', "_")),
            ]);
            match process::run(&mut maturin).and_then(|()| self.wheel(what, "manylinux")) {
                Ok(wheel) => {
                    report.verdict(
                        &format!("contents of the wheel {what}"),
                        &archive::findings(&self.venv, self.project, &wheel, Kind::Zip, contents),
                    );
                    report.verdict(&format!("glibc of the wheel {what}"), &self.wheel_glibc(&wheel));
                }
                Err(why) => report.fail(&format!("wheel {what}"), &why),
            }
        }
    }

    fn maturin(&self, folder: &str) -> Command {
        let mut maturin = Command::new(self.venv.program("maturin"));
        maturin.args(["build", "--quiet", "--release", "--locked", "--out"]).arg(&self.out);
        maturin.current_dir(self.project.path(folder));
        self.with_tools(&mut maturin);
        maturin
    }

    /// The wheel of this name that was built for a platform.
    fn wheel(&self, what: &str, platform: &str) -> Result<PathBuf, String> {
        let of = |file: &PathBuf| {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.starts_with(&format!("{what}-{}-", self.version)) && name.contains(platform)
        };
        project::files(&self.out, ".whl")
            .into_iter()
            .find(of)
            .ok_or_else(|| format!("there is no wheel {what} for {platform}"))
    }

    /// What is inside a wheel needs no newer glibc either: read, not believed.
    fn wheel_glibc(&self, wheel: &Path) -> Vec<String> {
        let unpacked = match self.unpack(wheel, "wheel") {
            Ok(folder) => folder,
            Err(why) => return vec![why],
        };
        let natives: Vec<_> = project::files(&unpacked, "")
            .into_iter()
            .filter(|file| std::fs::read(file).is_ok_and(|bytes| bytes.starts_with(b"\x7fELF")))
            .collect();
        if natives.is_empty() {
            return vec!["there is no native file in it".to_owned()];
        }
        natives.iter().flat_map(|file| glibc::findings(file)).collect()
    }

    /// A wheel's contents, in a folder of this name.
    fn unpack(&self, wheel: &Path, name: &str) -> Result<PathBuf, String> {
        let unpacked = self.target().join(name);
        crate::test::empty(&unpacked)?;
        let mut python = self.venv.python(self.project);
        process::run(python.args(["-m", "zipfile", "-e"]).arg(wheel).arg(&unpacked))?;
        Ok(unpacked)
    }

    /// zig and maturin are found where they are installed.
    fn with_tools(&self, command: &mut Command) {
        let bin = self.venv.program("python").parent().map(Path::to_path_buf).unwrap_or_default();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let joined = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&path)));
        command.env("PATH", joined.unwrap_or(path));
        command.env("VIRTUAL_ENV", &self.venv.folder).env("CARGO_TARGET_DIR", self.target());
    }

    /// An empty folder in which an archive's contents are put together.
    fn staging(&self, name: &str) -> Result<PathBuf, String> {
        let folder = self.target().join("staging").join(name);
        crate::test::empty(&folder)?;
        Ok(folder)
    }

    /// Packs a folder and reads the archive back.
    fn pack(&self, staged: Result<PathBuf, String>, kind: Kind, contents: &[&str], report: &mut Report) {
        let folder = match staged {
            Ok(folder) => folder,
            Err(why) => return report.fail("an archive", &why),
        };
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match archive::make(&self.venv, self.project, &folder, &self.out, kind) {
            Ok(archive) => {
                let inside: Vec<String> = contents.iter().map(|file| format!("{name}/{file}")).collect();
                let inside: Vec<&str> = inside.iter().map(String::as_str).collect();
                report.verdict(
                    &format!("contents of {name}"),
                    &archive::findings(&self.venv, self.project, &archive, kind, &inside),
                );
            }
            Err(why) => report.fail(&name, &why),
        }
    }
}

/// A command once more, to be given other arguments at its end.
fn again(command: &Command) -> Command {
    let mut copy = Command::new(command.get_program());
    copy.args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            copy.env(name, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        copy.current_dir(folder);
    }
    copy
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    std::fs::copy(from, to).map(|_| ()).map_err(|error| format!("{}: {error}", from.display()))
}

/// What the C library may weigh.
const MOST: u64 = 6 * 1024 * 1024;

fn size_findings(library: &Path) -> Vec<String> {
    match library.metadata() {
        Ok(facts) if facts.len() <= MOST => {
            println!("libmidentity.so: {} bytes", facts.len());
            Vec::new()
        }
        Ok(facts) => vec![format!("libmidentity.so has {} bytes, {MOST} are allowed", facts.len())],
        Err(error) => vec![format!("{}: {error}", library.display())],
    }
}

/// `*` stands for a version.
const LINUX_LIBRARY: &[&str] = &[
    "include/midentity.h",
    "include/midentity.hpp",
    "include/midentity/*",
    "lib/cmake/midentity/midentityConfig.cmake",
    "lib/cmake/midentity/midentityConfigVersion.cmake",
    "lib/libmidentity.a",
    "lib/libmidentity.so",
    "lib/libmidentity.so.*",
    "lib/libmidentity.so.*.*.*",
    "lib/pkgconfig/midentity.pc",
    "share/doc/midentity/LICENSE",
];
const LIBRARY_WHEEL: &[&str] = &["midentity/*", "midentity-*.dist-info/*"];
const EMULATOR_WHEEL: &[&str] =
    &["midentity_emulator-*.data/scripts/midentity-emulator", "midentity_emulator-*.dist-info/*"];
