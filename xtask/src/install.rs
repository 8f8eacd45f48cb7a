//! `make install`: the libraries for C and C++ with all that other build systems need to find them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::project::{self, Project};

const VERSION_FILE: &str = "bindings/c/src/version.rs";
const TEMPLATES: &str = "bindings/c/install";

/// Where to, and which build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// The folder that programs will find it in.
    pub(crate) prefix: PathBuf,
    /// A folder that stands for the root, for those who make packages.
    pub(crate) destdir: Option<PathBuf>,
    /// The build that the tests use, instead of a release.
    pub(crate) dev: bool,
}

impl Request {
    /// The folder to write to.
    fn folder(&self) -> Result<PathBuf, String> {
        if !self.prefix.is_absolute() {
            return Err(format!("the prefix {:?} is no absolute path", self.prefix));
        }
        Ok(match &self.destdir {
            Some(root) => root.join(self.prefix.strip_prefix("/").unwrap_or(&self.prefix)),
            None => self.prefix.clone(),
        })
    }
}

/// Builds and installs; says where.
pub(crate) fn run(project: &Project, request: &Request) -> Result<(), String> {
    let folder = request.folder()?;
    let names = Names::of(project, std::env::consts::OS)?;
    build(project, request.dev)?;
    let built = project.target.join(if request.dev { "debug" } else { "release" });
    let facts = Facts { native: native_libraries(project, &built)?, ..Facts::of(project, &names)? };
    lay_out(project, &built, &folder, &names, &facts)?;
    println!("installed: midentity {} in {}", facts.version, folder.display());
    Ok(())
}

/// What stands in `built` for Linux, laid out as an installation is: for packages.
pub(crate) fn from(project: &Project, built: &Path, folder: &Path) -> Result<(), String> {
    let names = Names::of(project, "linux")?;
    let facts = Facts { native: native_libraries(project, built)?, ..Facts::of(project, &names)? };
    lay_out(project, built, folder, &names, &facts)
}

fn build(project: &Project, dev: bool) -> Result<(), String> {
    // The dev build as all test suites make it, so that nothing is compiled twice.
    let arguments: &[&str] = if dev {
        &["build", "--workspace"]
    } else {
        &["build", "--locked", "--release", "-p", "midentity", "-p", "midentity-c"]
    };
    process::run(&mut project.cargo(arguments))
}

/// The file names of the shared library, which say its ABI.
#[derive(Debug, PartialEq, Eq)]
struct Names {
    /// As cargo names it, and as the linker looks for it.
    plain: String,
    /// As the loader looks for it.
    loaded: String,
    /// As it is.
    full: String,
    /// The ABI, major and minor.
    abi: (u32, u32),
}

impl Names {
    fn of(project: &Project, system: &str) -> Result<Self, String> {
        let abi = abi(&project.read(VERSION_FILE)?)?;
        let version = package(project)?.version.clone();
        let patch = version.split('.').nth(2).and_then(|patch| patch.split(['-', '+']).next()).unwrap_or("0");
        Self::new(abi, patch, system)
    }

    fn new(abi: (u32, u32), patch: &str, system: &str) -> Result<Self, String> {
        let (major, minor) = abi;
        let (plain, loaded, full) = match system {
            "macos" => (
                "libmidentity.dylib".to_owned(),
                format!("libmidentity.{major}.dylib"),
                format!("libmidentity.{major}.{minor}.{patch}.dylib"),
            ),
            "windows" => return Err("make install is for systems with a prefix; Windows has packages".to_owned()),
            _ => (
                "libmidentity.so".to_owned(),
                format!("libmidentity.so.{major}"),
                format!("libmidentity.so.{major}.{minor}.{patch}"),
            ),
        };
        Ok(Self { plain, loaded, full, abi })
    }
}

/// The ABI's version, major and minor, from where the library has it.
fn abi(source: &str) -> Result<(u32, u32), String> {
    let number = |name: &str| {
        let start = format!("pub const MIDENTITY_ABI_VERSION_{name}: u32 = ");
        let found = source.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix(';')?.parse().ok());
        found.ok_or_else(|| format!("{VERSION_FILE} declares no MIDENTITY_ABI_VERSION_{name}"))
    };
    Ok((number("MAJOR")?, number("MINOR")?))
}

fn package(project: &Project) -> Result<&project::Package, String> {
    project.packages.get("midentity-c").ok_or_else(|| "cargo knows no package midentity-c".to_owned())
}

/// What the templates are filled with.
#[derive(Debug, Default)]
struct Facts {
    version: String,
    description: String,
    url: String,
    abi: String,
    shared: String,
    soname: String,
    /// The system libraries that the static library needs, as a linker takes them.
    native: String,
}

impl Facts {
    fn of(project: &Project, names: &Names) -> Result<Self, String> {
        let package = package(project)?;
        Ok(Self {
            version: package.version.clone(),
            description: package.description.clone().unwrap_or_default(),
            url: package.repository.clone().unwrap_or_default(),
            abi: format!("{}.{}", names.abi.0, names.abi.1),
            shared: names.full.clone(),
            soname: names.loaded.clone(),
            native: String::new(),
        })
    }

    /// A template with every `@NAME@` filled in.
    fn fill(&self, template: &str) -> Result<String, String> {
        let mut version = self.version.split('.');
        let (major, minor) = (version.next().unwrap_or("0"), version.next().unwrap_or("0"));
        let list = self.native.split_whitespace().map(|library| library.strip_prefix("-l").unwrap_or(library));
        let values: [(&str, String); 11] = [
            ("VERSION", self.version.clone()),
            ("MAJOR", major.to_owned()),
            ("MINOR", minor.to_owned()),
            ("DESCRIPTION", self.description.clone()),
            ("URL", self.url.clone()),
            ("ABI", self.abi.clone()),
            ("SHARED", self.shared.clone()),
            ("SONAME", self.soname.clone()),
            ("NATIVE_LIBRARIES", self.native.clone()),
            ("NATIVE_LIBRARIES_LIST", list.collect::<Vec<_>>().join(";")),
            ("POINTER_BYTES", size_of::<usize>().to_string()),
        ];
        let mut text = template.to_owned();
        for (name, value) in values {
            text = text.replace(&format!("@{name}@"), &value);
        }
        match text.split('@').nth(1) {
            Some(left) => Err(format!("a template asks for {left:?}, which nobody knows")),
            None => Ok(text),
        }
    }
}

/// What `rustc --print native-static-libs` says for a static library of all that ours is made of.
fn native_libraries(project: &Project, built: &Path) -> Result<String, String> {
    let folder = project.target.join("install");
    let source = folder.join("probe.rs");
    project::write(&source, "//! Linked to learn what it needs.\nextern crate midentity as _;\n")?;
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", "2024", "--crate-name", "probe", "--crate-type", "staticlib"]);
    rustc.args(["--print", "native-static-libs"]).arg("-o").arg(folder.join("libprobe.a"));
    rustc.arg("--extern").arg(format!("midentity={}", built.join("libmidentity.rlib").display()));
    rustc.arg("-L").arg(format!("dependency={}", built.join("deps").display())).arg(&source);
    // Built for a target that was named, the dependencies that run while compiling stand beside its folder.
    let host = built.join("../../release/deps");
    if host.is_dir() {
        rustc.arg("-L").arg(format!("dependency={}", host.display()));
    }
    let output = rustc.output().map_err(|error| format!("rustc can't be started: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    printed(&said).ok_or_else(|| format!("rustc does not say what the static library needs: {}", said.trim()))
}

fn printed(said: &str) -> Option<String> {
    let (_, libraries) = said.lines().find_map(|line| line.split_once("native-static-libs:"))?;
    Some(libraries.trim().to_owned())
}

/// Writes the whole installation below `folder`.
fn lay_out(project: &Project, built: &Path, folder: &Path, names: &Names, facts: &Facts) -> Result<(), String> {
    let library = folder.join("lib");
    place(&built.join(&names.plain), &library.join(&names.full), 0o755)?;
    link(&names.full, &library.join(&names.loaded))?;
    link(&names.loaded, &library.join(&names.plain))?;
    place(&built.join("libmidentity.a"), &library.join("libmidentity.a"), 0o644)?;

    let headers = project.path("include");
    for header in project::files(&headers, ".h").into_iter().chain(project::files(&headers, ".hpp")) {
        let name = header.strip_prefix(&headers).unwrap_or(&header).to_owned();
        place(&header, &folder.join("include").join(name), 0o644)?;
    }

    let fill = |template: &str, place: PathBuf| {
        let filled = facts.fill(&project.read(&format!("{TEMPLATES}/{template}"))?)?;
        write(&place, filled.as_bytes(), 0o644)
    };
    fill("midentity.pc.in", library.join("pkgconfig/midentity.pc"))?;
    let cmake = library.join("cmake/midentity");
    fill("midentityConfig.cmake.in", cmake.join("midentityConfig.cmake"))?;
    fill("midentityConfigVersion.cmake.in", cmake.join("midentityConfigVersion.cmake"))?;
    place(&project.path("LICENSE"), &folder.join("share/doc/midentity/LICENSE"), 0o644)
}

fn place(from: &Path, to: &Path, mode: u32) -> Result<(), String> {
    let bytes = fs::read(from).map_err(|error| format!("{}: {error}", from.display()))?;
    write(to, &bytes, mode)
}

/// Writes a file in one step: a program that runs with the one that was there keeps it.
fn write(to: &Path, bytes: &[u8], mode: u32) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", to.display());
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    let new = beside(to);
    fs::write(&new, bytes).map_err(failed)?;
    allow(&new, mode).map_err(failed)?;
    fs::rename(&new, to).map_err(failed)
}

fn beside(to: &Path) -> PathBuf {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    to.with_file_name(format!(".{name}.new"))
}

#[cfg(unix)]
fn allow(file: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(mode))
}

#[cfg(unix)]
fn link(target: &str, at: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", at.display());
    let new = beside(at);
    let _ = fs::remove_file(&new);
    std::os::unix::fs::symlink(target, &new).map_err(failed)?;
    fs::rename(&new, at).map_err(failed)
}

// There is no prefix to install to: Names::new has refused already.
#[cfg(not(unix))]
fn allow(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn link(_: &str, at: &Path) -> Result<(), String> {
    Err(format!("{}: links are made on Unix only", at.display()))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("midentity-install-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn facts(names: &Names) -> Facts {
        let project = Project::open().unwrap();
        Facts { native: "-lgcc_s -lm -lc".to_owned(), ..Facts::of(&project, names).unwrap() }
    }

    #[test]
    fn names_say_the_abi_and_the_patch() {
        let names = Names::new((2, 5), "7", "linux").unwrap();
        assert_eq!((names.plain.as_str(), names.loaded.as_str()), ("libmidentity.so", "libmidentity.so.2"));
        assert_eq!(names.full, "libmidentity.so.2.5.7");
        assert_eq!(Names::new((2, 5), "7", "macos").unwrap().full, "libmidentity.2.5.7.dylib");
        assert!(Names::new((2, 5), "7", "windows").is_err());
    }

    #[test]
    fn the_abi_is_the_librarys() {
        let text =
            "pub const MIDENTITY_ABI_VERSION_MAJOR: u32 = 3;\npub const MIDENTITY_ABI_VERSION_MINOR: u32 = 14;\n";
        assert_eq!(abi(text), Ok((3, 14)));
        assert!(abi("pub const MIDENTITY_ABI_VERSION_MAJOR: u32 = 3;").unwrap_err().contains("MINOR"));
        assert!(abi(&Project::open().unwrap().read(VERSION_FILE).unwrap()).is_ok());
    }

    #[test]
    fn prefixes_are_absolute_and_a_destdir_stands_before_them() {
        let request = |prefix: &str, destdir: Option<&str>| Request {
            prefix: prefix.into(),
            destdir: destdir.map(PathBuf::from),
            dev: false,
        };
        assert!(request("usr", None).folder().is_err());
        assert_eq!(request("/usr", None).folder(), Ok("/usr".into()));
        assert_eq!(request("/usr", Some("/tmp/package")).folder(), Ok("/tmp/package/usr".into()));
        assert_eq!(request("/usr", Some("package")).folder(), Ok("package/usr".into()));
    }

    #[test]
    fn templates_are_filled_and_none_is_left_over() {
        let facts = Facts { version: "1.2.3".to_owned(), native: "-lpthread -lm".to_owned(), ..Facts::default() };
        let text = facts.fill("@VERSION@ @MAJOR@ @MINOR@ @NATIVE_LIBRARIES@ @NATIVE_LIBRARIES_LIST@").unwrap();
        assert_eq!(text, "1.2.3 1 2 -lpthread -lm pthread;m");
        assert!(facts.fill("@NOBODY@").unwrap_err().contains("NOBODY"));
    }

    #[test]
    fn rustc_says_what_a_static_library_needs() {
        let said = "note: link against the following\n\nnote: native-static-libs: -lgcc_s -lc\n\n";
        assert_eq!(printed(said).as_deref(), Some("-lgcc_s -lc"));
        assert_eq!(printed("error: no such crate"), None);
    }

    #[test]
    fn an_installation_has_all_its_parts_and_can_be_repeated() {
        let project = Project::open().unwrap();
        let names = Names::of(&project, "linux").unwrap();
        let (built, folder) = (scratch("built"), scratch("prefix"));
        project::write(&built.join("libmidentity.so"), "shared").unwrap();
        project::write(&built.join("libmidentity.a"), "static").unwrap();
        for content in ["shared", "newer"] {
            project::write(&built.join("libmidentity.so"), content).unwrap();
            lay_out(&project, &built, &folder, &names, &facts(&names)).unwrap();
            assert_eq!(fs::read_to_string(folder.join("lib/libmidentity.so")).unwrap(), content);
        }
        let target = |name: &str| fs::read_link(folder.join("lib").join(name)).unwrap();
        assert_eq!(target("libmidentity.so"), Path::new(&names.loaded));
        assert_eq!(target(&names.loaded), Path::new(&names.full));
        let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("lib/libmidentity.so"), mode("lib/libmidentity.a")), (0o755, 0o644));

        let files: Vec<_> = project::files(&folder, "")
            .iter()
            .map(|file| file.strip_prefix(&folder).unwrap().to_string_lossy().into_owned())
            .collect();
        for wanted in [
            "include/midentity.h",
            "include/midentity.hpp",
            "include/midentity/arm.hpp",
            "lib/pkgconfig/midentity.pc",
            "lib/cmake/midentity/midentityConfig.cmake",
            "lib/cmake/midentity/midentityConfigVersion.cmake",
            "share/doc/midentity/LICENSE",
        ] {
            assert!(files.iter().any(|file| file == wanted), "{wanted} in {files:?}");
        }
        assert!(!files.iter().any(|file| file.ends_with(".new")), "{files:?}");
        // Nothing says where it was made.
        let here = folder.to_string_lossy().into_owned();
        for file in ["lib/pkgconfig/midentity.pc", "lib/cmake/midentity/midentityConfig.cmake"] {
            assert!(!project::read(&folder.join(file)).unwrap().contains(&here), "{file}");
        }
        let pc = project::read(&folder.join("lib/pkgconfig/midentity.pc")).unwrap();
        assert!(pc.contains("\nLibs.private: -lgcc_s -lm -lc\n") && pc.contains("\nVersion: "), "{pc}");
        let _ = fs::remove_dir_all(&built);
        let _ = fs::remove_dir_all(&folder);
    }
}
