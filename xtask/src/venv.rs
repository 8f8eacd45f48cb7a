//! Python environments in the tree, made from pinned requirements and reused while these stay the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::project::{self, Project};
use crate::report::Missing;

const OLDEST: (u32, u32) = (3, 10);
const NEWEST_TRIED: u32 = 15;

/// A Python interpreter on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interpreter {
    pub(crate) program: PathBuf,
    pub(crate) version: (u32, u32),
}

impl Interpreter {
    /// The interpreter for everything: `$PYTHON`, else the first on `PATH` that is new enough.
    pub(crate) fn find() -> Result<Self, Missing> {
        let asked = std::env::var("PYTHON").ok().filter(|name| !name.is_empty());
        let names = match asked {
            Some(name) => vec![name],
            None => std::iter::once("python3".to_owned()).chain(versioned()).collect(),
        };
        names.iter().filter_map(|name| ask(name)).find(|found| found.version >= OLDEST).ok_or_else(|| {
            let (major, minor) = OLDEST;
            Missing::new(
                format!("no Python {major}.{minor} or newer (tried {})", names.join(", ")),
                "install one, or name it: make PYTHON=/path/to/python3 …",
            )
        })
    }

    /// The other interpreters on `PATH`, one of each version, newest first.
    pub(crate) fn others(&self) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for other in versioned().filter_map(|name| ask(&name)) {
            let known = other.version == self.version || found.iter().any(|known| known.version == other.version);
            if other.version >= OLDEST && !known {
                found.push(other);
            }
        }
        found
    }

    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.version.0, self.version.1)
    }
}

fn versioned() -> impl Iterator<Item = String> {
    (OLDEST.1..=NEWEST_TRIED).rev().map(|minor| format!("python3.{minor}"))
}

fn ask(name: &str) -> Option<Interpreter> {
    let question = "import sys; print(sys.version_info[0], sys.version_info[1], sys.executable)";
    let answer = process::output(Command::new(name).args(["-c", question])).ok()?;
    let mut words = answer.trim().splitn(3, ' ');
    let version = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some(Interpreter { program: words.next()?.into(), version })
}

/// An environment with its tools.
#[derive(Debug, Clone)]
pub(crate) struct Venv {
    pub(crate) folder: PathBuf,
}

impl Venv {
    /// The environment in `folder` with these files of `python/requirements` installed. Quick when nothing changed.
    pub(crate) fn ensure(
        project: &Project,
        interpreter: &Interpreter,
        folder: &str,
        requirements: &[&str],
    ) -> Result<Self, Missing> {
        let venv = Self { folder: project.path(folder) };
        let stamp = venv.folder.join("requirements.stamp");
        let wanted = stamp_text(project, interpreter, requirements).map_err(|why| Missing::new(why, "see above"))?;
        if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) && venv.is_alive() {
            return Ok(venv);
        }
        venv.make(project, interpreter, requirements).map_err(|why| {
            Missing::new(
                format!("the Python environment {folder} can't be made: {why}"),
                "Python's venv module (Debian: apt install python3-venv) and a package index in reach are needed",
            )
        })?;
        project::write(&stamp, &wanted).map_err(|why| Missing::new(why, "see above"))?;
        Ok(venv)
    }

    fn make(&self, project: &Project, interpreter: &Interpreter, requirements: &[&str]) -> Result<(), String> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).map_err(|error| format!("{}: {error}", self.folder.display()))?;
        }
        process::run(Command::new(&interpreter.program).args(["-m", "venv"]).arg(&self.folder))?;
        if requirements.is_empty() {
            return Ok(());
        }
        // The files list everything that they bring along, so nothing is left for pip to choose.
        let mut pip = self.python(project);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
        for file in requirements {
            pip.arg("-r").arg(requirement_file(project, file));
        }
        process::run(&mut pip)
    }

    fn is_alive(&self) -> bool {
        process::output(Command::new(self.program("python")).args(["-c", "import pip"])).is_ok()
    }

    /// A program of the environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let bin = if cfg!(windows) { "Scripts" } else { "bin" };
        self.folder.join(bin).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// The environment's Python, in the project's root.
    pub(crate) fn python(&self, project: &Project) -> Command {
        let mut command = Command::new(self.program("python"));
        command.current_dir(&project.root).env("VIRTUAL_ENV", &self.folder).env_remove("PYTHONHOME");
        command
    }
}

fn requirement_file(project: &Project, name: &str) -> PathBuf {
    project.path("python/requirements").join(format!("{name}.txt"))
}

/// All that decides what is in an environment: the interpreter and the text of its requirements.
fn stamp_text(project: &Project, interpreter: &Interpreter, requirements: &[&str]) -> Result<String, String> {
    let mut text = format!("{} {}\n", interpreter.name(), interpreter.program.display());
    for name in requirements {
        text.push_str(&with_includes(&requirement_file(project, name))?);
    }
    Ok(text)
}

fn with_includes(file: &Path) -> Result<String, String> {
    let mut text = String::new();
    for line in project::read(file)?.lines() {
        match line.strip_prefix("-r ") {
            Some(other) => text.push_str(&with_includes(&file.with_file_name(other.trim()))?),
            None => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_included_file_is_part_of_the_stamp() {
        let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/requirements");
        let text = with_includes(&requirements.join("clients.txt")).unwrap();
        assert!(text.contains("\npytest=="), "{text}");
    }

    #[test]
    fn everything_is_pinned() {
        let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/requirements");
        for file in project::files(&requirements, ".txt") {
            for line in with_includes(&file).unwrap().lines() {
                assert!(line.is_empty() || line.starts_with('#') || line.contains("=="), "{}: {line}", file.display());
            }
        }
    }

    #[test]
    fn a_name_that_is_no_interpreter_is_none() {
        assert_eq!(ask("no-such-python"), None);
    }
}
