//! Running other programs: what they print is shown while they print it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// Runs a command with its output on the terminal.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    println!("$ {}", shown(command));
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", shown(command))) }
}

/// Runs a command, shows its standard output line by line and gives each line to `look` too.
pub(crate) fn stream(command: &mut Command, mut look: impl FnMut(&str)) -> Result<ExitStatus, String> {
    println!("$ {}", shown(command));
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| cannot_start(command, &error))?;
    if let Some(stdout) = child.stdout.take() {
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).map_err(|error| error.to_string())? > 0 {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            look(text.trim_end());
            line.clear();
        }
    }
    child.wait().map_err(|error| error.to_string())
}

/// A command's standard output, or why there is none.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| cannot_start(command, &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} ended with {}: {}", shown(command), output.status, said.trim()));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

/// The program's full path, looked for in `first` and then on `PATH`.
pub(crate) fn find(name: &str, first: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).collect::<Vec<_>>();
    first.iter().chain(&on_path).map(|dir| dir.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    {
        file.is_file()
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("{} can't be started: {error}", command.get_program().to_string_lossy())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn each_line_is_looked_at_and_the_status_kept() {
        let mut lines = Vec::new();
        let status = stream(&mut shell("echo one; printf two; exit 3"), |line| lines.push(line.to_owned())).unwrap();
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(status.code(), Some(3));
    }

    #[test]
    fn failures_say_which_command() {
        let error = output(&mut shell("echo why >&2; exit 4")).unwrap_err();
        assert!(error.contains("sh -c") && error.contains("why"), "{error}");
        assert!(run(&mut Command::new("no-such-program-here")).unwrap_err().contains("no-such-program-here"));
    }

    #[test]
    fn programs_are_found() {
        assert!(find("sh", &[]).is_some());
        assert!(find("no-such-program-here", &[]).is_none());
    }
}
