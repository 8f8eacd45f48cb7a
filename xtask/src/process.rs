//! Running other programs: what they print is shown while they print it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

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

/// As [`stream`], with an end: what still runs after the limit is ended, and that is an error.
pub(crate) fn stream_within(
    command: &mut Command,
    limit: Duration,
    mut look: impl FnMut(&str),
) -> Result<ExitStatus, String> {
    println!("$ {}", shown(command));
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| cannot_start(command, &error))?;
    let lines = child.stdout.take().map(lines);
    let until = Instant::now() + limit;
    let mut show = |line: String| {
        println!("{line}");
        look(&line);
    };
    let status = loop {
        match lines.as_ref().map(|lines| lines.recv_timeout(Duration::from_millis(50))) {
            Some(Ok(line)) => show(line),
            Some(Err(RecvTimeoutError::Timeout)) => {}
            Some(Err(RecvTimeoutError::Disconnected)) | None => break end(&mut child, until)?,
        }
        // What it started may hold its output open; it is the program itself that counts.
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break Some(status);
        }
        if Instant::now() >= until {
            break end(&mut child, until)?;
        }
    };
    let Some(status) = status else {
        return Err(format!("{} did not end within {} s", shown(command), limit.as_secs()));
    };
    for line in lines.iter().flat_map(|lines| std::iter::from_fn(|| lines.recv_timeout(Duration::from_secs(1)).ok())) {
        show(line);
    }
    Ok(status)
}

/// The lines that come, read on a thread of their own so that waiting for one can have an end.
pub(crate) fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(output);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            if send.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                break;
            }
            line.clear();
        }
    });
    lines
}

/// Waits for a program's end; `None` for one that had to be ended.
pub(crate) fn end(child: &mut Child, until: Instant) -> Result<Option<ExitStatus>, String> {
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(Some(status));
        }
        if Instant::now() >= until {
            let _ = child.kill();
            let _ = child.wait();
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
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
    fn what_hangs_is_ended_and_what_it_leaves_behind_is_not_waited_for() {
        let limit = Duration::from_millis(300);
        let start = Instant::now();
        let error = stream_within(&mut shell("echo one; exec sleep 60"), limit, |_| {}).unwrap_err();
        assert!(error.contains("did not end within"), "{error}");
        let mut said = Vec::new();
        let mut left = shell("sleep 5 & echo two; exit 3");
        let status = stream_within(&mut left, Duration::from_secs(60), |line| said.push(line.to_owned())).unwrap();
        assert_eq!((status.code(), said), (Some(3), vec!["two".to_owned()]));
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
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
