//! Building Windows programs on Linux: a Rust that has its standard library's source, and mingw.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::process;
use crate::project::Project;
use crate::report::Missing;

pub(super) const TARGET: &str = "x86_64-pc-windows-gnu";
const PREFIX: &str = "x86_64-w64-mingw32";

/// What to install on Debian 12 and later; `.ci/setup-system` does it as root.
pub(super) const REMEDY: &str = "make setup-system as root, or on Debian: apt-get install rustc-web cargo-web rust-web-src \
    gcc-mingw-w64-x86-64 g++-mingw-w64-x86-64 wine wine64";

/// The tools, and the folder of their own that they build in.
#[derive(Debug)]
pub(super) struct Cross {
    cargo: PathBuf,
    rustc: PathBuf,
    mingw: PathBuf,
    pub(super) target: PathBuf,
}

/// What one call of cargo made of a target of a package.
#[derive(Debug)]
pub(super) struct Artifact {
    pub(super) package: String,
    pub(super) name: String,
    /// `lib`, `bin`, `test`, `example`, `cdylib`, …
    pub(super) kind: String,
    /// Whether it is a program of tests: what `cargo test` would run.
    pub(super) tests: bool,
    pub(super) executable: Option<PathBuf>,
    pub(super) files: Vec<PathBuf>,
}

impl Cross {
    pub(super) fn find(project: &Project) -> Result<Self, Missing> {
        let (cargo, rustc) = rust().ok_or_else(|| {
            Missing::new("there is no Rust for Windows: none of those here has its standard library's source", REMEDY)
        })?;
        let mut mingw = PathBuf::new();
        for tool in ["gcc", "g++", "dlltool", "objdump"] {
            let name = format!("{PREFIX}-{tool}");
            match process::find(&name, &[]) {
                Some(program) => mingw = program.parent().map(Path::to_path_buf).unwrap_or_default(),
                None => return Err(Missing::new(format!("{name} is not on the search path"), REMEDY)),
            }
        }
        Ok(Self { cargo, rustc, mingw, target: project.target.join("windows") })
    }

    /// `cargo build` for Windows with these packages and targets, and what it made. One call for all that a run needs:
    /// what is asked for together shares its dependencies' features, and nothing is compiled twice.
    pub(super) fn build(&self, project: &Project, arguments: &[&str]) -> Result<Vec<Artifact>, String> {
        let mut command = Command::new(&self.cargo);
        command.current_dir(&project.root).args(["build", "--locked", "--target", TARGET]);
        // Panics are caught at the C ABI and in tests, so that the standard library must be able to unwind.
        command.args(["-Z", "build-std=std,panic_unwind", "--message-format=json-render-diagnostics"]);
        command.args(arguments);
        self.settle(&mut command);
        // The dev profile without debug information: half of the time to build and to link.
        command.env("CARGO_PROFILE_DEV_DEBUG", "none");
        println!("$ cargo build --target {TARGET} {}", arguments.join(" "));
        artifacts(&process::output(command.stderr(Stdio::inherit()))?)
    }

    /// A tool of mingw's, by its path. Where there are two, the one whose C++ has threads.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        let tool = self.mingw.join(format!("{PREFIX}-{name}"));
        let threads = self.mingw.join(format!("{PREFIX}-{name}-posix"));
        if threads.is_file() { threads } else { tool }
    }

    /// The environment of a program that builds with these tools.
    pub(super) fn settle(&self, command: &mut Command) {
        // What the cargo that runs us has set is for another toolchain.
        for name in ["CARGO_BUILD_TARGET", "LD_LIBRARY_PATH", "RUSTC_WRAPPER", "RUSTFLAGS", "RUSTUP_TOOLCHAIN"] {
            command.env_remove(name);
        }
        command.env("CARGO", &self.cargo).env("RUSTC", &self.rustc).env("RUSTC_BOOTSTRAP", "1");
        command.env("CARGO_TARGET_DIR", &self.target);
    }

    /// A tool of mingw's, in the project's root.
    pub(super) fn tool(&self, project: &Project, name: &str) -> Command {
        let mut command = Command::new(self.path(name));
        command.current_dir(&project.root);
        command
    }
}

/// A cargo and its rustc that can build the standard library: Debian's, else what is on the search path.
fn rust() -> Option<(PathBuf, PathBuf)> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(PathBuf::from("/usr/bin")).chain(std::env::split_paths(&path));
    folders.map(|folder| (folder.join("cargo"), folder.join("rustc"))).find(|(cargo, rustc)| {
        cargo.is_file()
            && process::output(Command::new(rustc).args(["--print", "sysroot"]).env_remove("RUSTUP_TOOLCHAIN"))
                .is_ok_and(|root| Path::new(root.trim()).join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file())
    })
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    package_id: String,
    target: Option<Target>,
    profile: Option<Profile>,
    executable: Option<PathBuf>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// What cargo says that it made for packages of this tree.
fn artifacts(messages: &str) -> Result<Vec<Artifact>, String> {
    let mut made = Vec::new();
    for line in messages.lines().filter(|line| line.starts_with('{')) {
        let message: Message = serde_json::from_str(line).map_err(|error| format!("cargo's message: {error}"))?;
        let (Some(target), Some(profile)) = (message.target, message.profile) else { continue };
        if message.reason != "compiler-artifact" || !message.package_id.starts_with("path+") {
            continue;
        }
        made.push(Artifact {
            package: package(&message.package_id),
            name: target.name,
            kind: target.kind.into_iter().next().unwrap_or_default(),
            tests: profile.test,
            executable: message.executable,
            files: message.filenames,
        });
    }
    Ok(made)
}

/// `path+file:///folder/emulator#midentity-emulator@0.1.0`, or `path+file:///folder/name#0.1.0` where folder and package
/// are called the same.
fn package(id: &str) -> String {
    let (path, version) = id.split_once('#').unwrap_or((id, ""));
    match version.split_once('@') {
        Some((name, _)) => name.to_owned(),
        None => path.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_is_told_from_what_it_needed() {
        let messages = r#"
{"reason":"compiler-artifact","package_id":"registry+https://x#url@2.5.8","target":{"kind":["lib"],"name":"url"},"profile":{"test":false},"filenames":["/t/liburl.rlib"],"executable":null}
{"reason":"build-script-executed","package_id":"path+file:///p#midentity-c@0.1.0"}
{"reason":"compiler-artifact","package_id":"path+file:///p/emulator#midentity-emulator@0.1.0","target":{"kind":["bin"],"name":"e"},"profile":{"test":false},"filenames":["/t/e.exe"],"executable":"/t/e.exe"}
{"reason":"compiler-artifact","package_id":"path+file:///p/midentity#0.1.0","target":{"kind":["test"],"name":"behaviour"},"profile":{"test":true},"filenames":["/t/b.exe"],"executable":"/t/b.exe"}
{"reason":"build-finished","success":true}
"#;
        let made = artifacts(messages).unwrap();
        let words: Vec<String> =
            made.iter().map(|a| format!("{} {} {} {}", a.package, a.kind, a.name, a.tests)).collect();
        assert_eq!(words, ["midentity-emulator bin e false", "midentity test behaviour true"]);
        assert_eq!(made[1].executable.as_deref(), Some(Path::new("/t/b.exe")));
        assert!(artifacts("{\"reason\":").is_err());
    }
}
