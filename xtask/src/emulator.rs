//! An emulator for other programs' tests, as a process of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::project::Project;
use crate::test::EMULATOR;

/// An emulator that runs as long as this lives.
pub(crate) struct Emulator {
    child: Child,
    /// What the programs that are to meet it find in their environment.
    pub(crate) variables: BTreeMap<String, String>,
}

impl Emulator {
    /// Starts one that keeps its keys in a folder of this name.
    pub(crate) fn start(project: &Project, name: &str, arguments: &[&str]) -> Result<Self, String> {
        let state = project.target.join("native").join(name.to_lowercase());
        let mut command = Command::new(project.binary(EMULATOR));
        command.args(["serve", "--exit-with-parent", "--state-dir"]).arg(state).args(arguments);
        command.current_dir(&project.root).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("the emulator can't be started: {error}"))?;
        let mut emulator = match child.stdout.take() {
            Some(stdout) => {
                let mut emulator = Self { child, variables: BTreeMap::new() };
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    match line.split_once('=') {
                        Some((name, value)) => drop(emulator.variables.insert(name.to_owned(), value.to_owned())),
                        None if line == "ready" => return Ok(emulator),
                        None => {}
                    }
                }
                emulator
            }
            None => Self { child, variables: BTreeMap::new() },
        };
        let status = emulator.child.wait().map_err(|error| error.to_string())?;
        Err(format!("the emulator ended with {status} before it was ready"))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
