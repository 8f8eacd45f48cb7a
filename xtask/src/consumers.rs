//! Other people's projects, built against an installation: with pkg-config and with CMake, against the shared library
//! and the static one, in C and in C++; where it was installed, and after it was moved. And the README's programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::install;
use crate::native::{Compilers, Emulator};
use crate::process;
use crate::project::{self, Project};
use crate::report::{Missing, Report};
use crate::test;
use crate::venv::Venv;

/// The suite's name.
pub(crate) const SUITE: &str = "consumers";

const SOURCES: &str = "tests/consumers";

pub(crate) fn run(project: &Project, venv: &Venv, report: &mut Report) {
    Report::announce("Consumers of an installation");
    match Tools::find(venv) {
        Ok(tools) => {
            if let Err(why) = consume(project, &tools, report) {
                report.fail(SUITE, &why);
            }
        }
        Err(missing) => report.skip(SUITE, &missing),
    }
}

/// What consumers build with. Each is found, or all are missing.
struct Tools {
    compilers: Compilers,
    cmake: PathBuf,
    ninja: PathBuf,
    pkg_config: PathBuf,
}

impl Tools {
    fn find(venv: &Venv) -> Result<Self, Missing> {
        let own = venv.program("cmake").parent().map(Path::to_path_buf);
        let own = own.as_slice();
        Ok(Self {
            compilers: Compilers::find()?,
            cmake: find("CMAKE", &["cmake"], own, "CMake (pip install cmake, or Debian: apt install cmake)")?,
            ninja: find("NINJA", &["ninja"], own, "Ninja (pip install ninja, or Debian: apt install ninja-build)")?,
            pkg_config: find("PKG_CONFIG", &["pkg-config", "pkgconf"], &[], "it (Debian: apt install pkg-config)")?,
        })
    }
}

/// A program: the one that a variable names, else the first that there is.
fn find(variable: &str, names: &[&str], first: &[PathBuf], remedy: &str) -> Result<PathBuf, Missing> {
    let asked = std::env::var(variable).ok().filter(|name| !name.is_empty());
    let names = asked.as_deref().map_or_else(|| names.to_vec(), |name| vec![name]);
    names.iter().find_map(|name| process::find(name, first)).ok_or_else(|| {
        let why = format!("no {} here", names.join(" and no "));
        Missing::new(why, format!("install {remedy}, or name one: make {variable}=… test"))
    })
}

fn consume(project: &Project, tools: &Tools, report: &mut Report) -> Result<(), String> {
    let installed = project.target.join("consumer-prefix");
    let moved = project.target.join("consumer-moved");
    for folder in [&installed, &moved] {
        let _ = fs::remove_dir_all(folder);
    }
    let request = install::Request { prefix: installed.clone(), destdir: None, dev: true };
    install::run(project, &request)?;
    let emulator = Emulator::start(project, "consumers", &[])?;
    for (place, prefix) in [("installed", &installed), ("moved", &moved)] {
        if place == "moved" {
            fs::rename(&installed, &moved).map_err(|error| format!("{}: {error}", moved.display()))?;
        }
        let folder = project.target.join("consumers").join(place);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let site = Site { project, tools, prefix, folder: &folder, emulator: &emulator };
        for (what, outcome) in site.with_pkg_config().into_iter().chain(site.with_cmake()) {
            let what = format!("{SUITE}: {what}, {place}");
            match outcome {
                Ok(()) => report.pass(&what),
                Err(why) => report.fail(&what, &why),
            }
        }
    }
    Ok(())
}

/// An installation, and a folder to build in.
struct Site<'a> {
    project: &'a Project,
    tools: &'a Tools,
    prefix: &'a Path,
    folder: &'a Path,
    emulator: &'a Emulator,
}

type Outcomes = Vec<(String, Result<(), String>)>;

impl Site<'_> {
    /// As a Makefile does it.
    fn with_pkg_config(&self) -> Outcomes {
        let mut outcomes = Outcomes::new();
        let sources = self.project.path(SOURCES);
        let mut programs =
            vec![("consumer.c", sources.join("consumer.c")), ("consumer.cpp", sources.join("consumer.cpp"))];
        match self.readme() {
            Ok(found) => programs.extend(found),
            Err(why) => outcomes.push(("the README's programs".to_owned(), Err(why))),
        }
        for (name, source) in &programs {
            for kind in ["shared", "static"] {
                let program = self.folder.join(format!("{}-{kind}", name.replace('.', "-")));
                let built = self.compile(source, &program, kind == "static");
                let outcome = built.and_then(|()| self.run(&program, kind == "shared"));
                outcomes.push((format!("{name}, {kind}, by pkg-config"), outcome));
            }
        }
        outcomes
    }

    fn compile(&self, source: &Path, program: &Path, is_static: bool) -> Result<(), String> {
        let mut pkg_config = self.pkg_config();
        pkg_config.args(["--cflags", "--libs", "midentity"]);
        if is_static {
            pkg_config.arg("--static");
        }
        let words = process::output(&mut pkg_config)?;
        let is_cpp = source.extension().is_some_and(|extension| extension == "cpp");
        let (compiler, standard) =
            if is_cpp { (&self.tools.compilers.cxx, "-std=c++17") } else { (&self.tools.compilers.c, "-std=c99") };
        let mut command = Command::new(compiler);
        command.args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror"]).arg(source).arg("-o").arg(program);
        for word in words.split_whitespace() {
            // Where both libraries are, a linker takes the shared one, whatever pkg-config says.
            command.arg(if is_static && word == "-lmidentity" { "-l:libmidentity.a" } else { word });
        }
        process::run(&mut command)
    }

    fn pkg_config(&self) -> Command {
        let mut command = Command::new(&self.tools.pkg_config);
        command.env("PKG_CONFIG_PATH", self.prefix.join("lib/pkgconfig")).env_remove("PKG_CONFIG_LIBDIR");
        command
    }

    /// The README's whole programs, as files.
    fn readme(&self) -> Result<Vec<(&'static str, PathBuf)>, String> {
        let text = self.project.read("README.md")?;
        let mut found = Vec::new();
        for (language, name) in [("c", "readme.c"), ("cpp", "readme.cpp")] {
            let program = blocks(&text, language).into_iter().find(|block| block.contains("int main("));
            let program = program.ok_or_else(|| format!("README.md has no whole program in {language}"))?;
            let file = self.folder.join(name);
            project::write(&file, &program)?;
            found.push((name, file));
        }
        Ok(found)
    }

    /// As a project with CMake does it: every program by one build.
    fn with_cmake(&self) -> Outcomes {
        let folder = self.folder.join("cmake");
        if let Err(why) = self.build_with_cmake(&folder) {
            return vec![("by CMake".to_owned(), Err(why))];
        }
        let mut outcomes = Outcomes::new();
        for (file, language) in [("consumer.c", "c"), ("consumer.cpp", "cpp")] {
            for (kind, target) in [("shared", "midentity"), ("static", "midentity_static")] {
                // CMake has told the program where the shared library is.
                let outcome = self.run(&folder.join(format!("{language}_{target}")), false);
                outcomes.push((format!("{file}, {kind}, by CMake"), outcome));
            }
        }
        outcomes
    }

    fn build_with_cmake(&self, folder: &Path) -> Result<(), String> {
        let version = self.project.packages.get("midentity-c").map(|package| package.version.as_str());
        let mut cmake = Command::new(&self.tools.cmake);
        cmake.arg("-S").arg(self.project.path(SOURCES)).arg("-B").arg(folder).args(["-G", "Ninja"]);
        cmake.arg(format!("-DCMAKE_MAKE_PROGRAM={}", self.tools.ninja.display()));
        cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", self.prefix.display()));
        cmake.arg(format!("-DWANTED={}", version.unwrap_or_default()));
        cmake.env("CC", &self.tools.compilers.c).env("CXX", &self.tools.compilers.cxx);
        process::run(&mut cmake)?;
        process::run(Command::new(&self.tools.cmake).arg("--build").arg(folder))
    }

    /// Runs a program against the emulator; with the library's folder in its environment only where it needs that.
    fn run(&self, program: &Path, needs_folder: bool) -> Result<(), String> {
        let mut command = Command::new(program);
        test::environment(self.project, &mut command);
        command.envs(&self.emulator.variables).env_remove("LD_LIBRARY_PATH").env_remove("DYLD_LIBRARY_PATH");
        if needs_folder {
            let variable = if cfg!(target_os = "macos") { "DYLD_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };
            command.env(variable, self.prefix.join("lib"));
        }
        let said = process::output(&mut command)?;
        println!("{}", said.trim_end());
        if said.contains("token") { Ok(()) } else { Err(format!("it says {said:?} and not that it has a token")) }
    }
}

/// The fenced blocks of a language in a page.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block: Option<String> = None;
    for line in page.lines() {
        match &mut block {
            None if line == format!("```{language}") => block = Some(String::new()),
            None => {}
            Some(_) if line == "```" => found.extend(block.take()),
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_told_by_their_language() {
        let page = "a\n```c\none\ntwo\n```\n```cpp\nthree\n```\n```c\nfour\n```\n```c\nnever closed\n";
        assert_eq!(blocks(page, "c"), ["one\ntwo\n", "four\n"]);
        assert_eq!(blocks(page, "cpp"), ["three\n"]);
        assert!(blocks(page, "rust").is_empty());
    }

    #[test]
    fn what_is_missing_is_named_with_its_remedy() {
        let missing = find("MIDENTITY_NO_SUCH_VARIABLE", &["no-such-a", "no-such-b"], &[], "it").unwrap_err();
        assert_eq!(missing.why, "no no-such-a and no no-such-b here");
        assert!(missing.remedy.contains("install it"), "{missing}");
    }
}
