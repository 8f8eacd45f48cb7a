//! The release builds for Windows, for `make package`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::cross::Cross;
use super::library::{self, import_findings};
use crate::process;
use crate::project::{self, Project};
use crate::report::Missing;
use crate::test::EMULATOR;

/// Why there are no release builds.
pub(crate) enum NoRelease {
    /// A tool is not here.
    Missing(Missing),
    Failed(String),
}

impl From<String> for NoRelease {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

/// What was built, and the tools to look at it.
pub(crate) struct Release {
    cross: Cross,
    pub(crate) dll: PathBuf,
    pub(crate) archive: PathBuf,
    pub(crate) import_library: PathBuf,
    /// The text of a .def file, of which a linker of Microsoft's makes its import library.
    pub(crate) definition: String,
    pub(crate) emulator: PathBuf,
}

impl Release {
    /// Builds the C library and the emulator. One after the other: together, the emulator's cryptography would come into
    /// the features of what the library needs.
    pub(crate) fn build(project: &Project) -> Result<Self, NoRelease> {
        let cross = Cross::find(project).map_err(NoRelease::Missing)?;
        let built = cross.build(project, &["--release", "--package=midentity-c"])?;
        let files: Vec<PathBuf> = built.into_iter().flat_map(|artifact| artifact.files).collect();
        let named = |name: &str| {
            let found = files.iter().find(|file| file.file_name().is_some_and(|own| own == name));
            found.cloned().ok_or_else(|| format!("{name} was not built"))
        };
        let (dll, archive) = (named("midentity.dll")?, named("libmidentity.a")?);
        let definition = library::definition(&project.read(library::SYMBOLS)?);
        let folder = cross.target.join("package");
        let (def, import_library) = (folder.join("midentity.def"), folder.join("libmidentity.dll.a"));
        project::write(&def, &definition)?;
        let mut dlltool = cross.tool(project, "dlltool");
        process::run(dlltool.arg("--input-def").arg(def).arg("--output-lib").arg(&import_library))?;
        let emulator = cross.build(project, &["--release", "--package=midentity-emulator", "--bins"])?;
        let emulator = emulator.into_iter().filter(|a| a.name == EMULATOR).find_map(|a| a.executable);
        let emulator = emulator.ok_or_else(|| format!("{EMULATOR}.exe was not built"))?;
        Ok(Self { cross, dll, archive, import_library, definition, emulator })
    }

    /// What a file imports that is neither Windows' nor one of `more`.
    pub(crate) fn import_findings(&self, project: &Project, file: &Path, more: &[&str]) -> Vec<String> {
        let mut objdump = self.cross.tool(project, "objdump");
        match process::output(objdump.arg("--private-headers").arg(file)) {
            Ok(table) => {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                import_findings(&name, &table, more)
            }
            Err(why) => vec![why],
        }
    }

    /// Has maturin build for Windows.
    pub(crate) fn for_windows(&self, maturin: &mut Command) {
        self.cross.settle(maturin);
        maturin.args(["--target", super::cross::TARGET, "-Z", "build-std=std,panic_unwind"]);
    }
}
