//! Running Windows programs under Wine, in a Windows of our own below `target/`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::cross::{Cross, REMEDY};
use crate::process;
use crate::project::Project;
use crate::report::Missing;
use crate::test;

/// Where Debian keeps what is no command of its own.
const DEBIAN: &str = "/usr/lib/wine";

/// The first start of a Windows takes about 10 s.
const FIRST_START: Duration = Duration::from_secs(180);
const EMULATOR_START: Duration = Duration::from_secs(60);
const CONTROL: Duration = Duration::from_secs(10);
const EMULATOR_END: Duration = Duration::from_secs(10);

/// Wine, and the folder that is its Windows.
#[derive(Debug)]
pub(super) struct Wine {
    program: PathBuf,
    server: PathBuf,
    prefix: PathBuf,
}

impl Wine {
    pub(super) fn find(cross: &Cross) -> Result<Self, Missing> {
        let first = [PathBuf::from(DEBIAN)];
        let find = |names: &[&str]| names.iter().find_map(|name| process::find(name, &first));
        match (find(&["wine64", "wine"]), find(&["wineserver64", "wineserver"])) {
            (Some(program), Some(server)) => Ok(Self { program, server, prefix: cross.target.join("wine") }),
            _ => Err(Missing::new("there is no Wine (wine64, wineserver)", REMEDY)),
        }
    }

    /// Makes its Windows, or takes the one that is there, and puts into it what this Wine may lack.
    pub(super) fn prepare(&self, project: &Project, cross: &Cross) -> Result<(), String> {
        std::fs::create_dir_all(&self.prefix).map_err(|error| format!("{}: {error}", self.prefix.display()))?;
        // Programs of an earlier run that was cut off would be in the way.
        self.restart()?;
        let system = self.prefix.join("drive_c/windows/system32");
        if !system.join("kernel32.dll").is_file() {
            let mut boot = self.command(Path::new("wineboot"));
            boot.arg("--init").stderr(Stdio::null());
            let status = process::stream_within(&mut boot, FIRST_START, |_| {})?;
            if !status.success() {
                return Err(format!("wineboot ended with {status}"));
            }
        }
        let stand_in = system.join("bcryptprimitives.dll");
        if stand_in.is_file() {
            return Ok(());
        }
        let mut cc = cross.tool(project, "gcc");
        cc.args(["-shared", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(stand_in);
        process::run(cc.args(["tests/windows/bcryptprimitives.c", "-ladvapi32"]))
    }

    /// A Windows program. Started in a folder of ours it is on Wine's drive Z:, where paths as Linux writes them lead to
    /// the same files.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(program).stdin(Stdio::null());
        self.environment(&mut command);
        command
    }

    /// What starts a Windows program.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// The environment of a Windows program, or of what starts some.
    pub(super) fn environment(&self, command: &mut Command) {
        test::clean(command);
        // No windows, no menu entries, no questions about .NET and a browser.
        command.env_remove("DISPLAY").env("WINEDEBUG", "-all").env("WINEPREFIX", &self.prefix);
        command.env("WINEDLLOVERRIDES", "winemenubuilder.exe=d;mscoree=;mshtml=");
    }

    /// Ends every program, and stands ready for others.
    pub(super) fn restart(&self) -> Result<(), String> {
        self.stop();
        // By itself the server goes some seconds after its last program, and one that comes just then is lost.
        process::run(&mut self.server("-p"))
    }

    /// Ends every program of this Windows, and of no other.
    fn stop(&self) {
        let _ = self.server("-k").status();
    }

    /// Wine's server, which is one for each Windows.
    fn server(&self, flag: &str) -> Command {
        let mut server = Command::new(&self.server);
        server.arg(flag).env("WINEPREFIX", &self.prefix).stdin(Stdio::null());
        // What it stays with would hold our own output open.
        server.stdout(Stdio::null()).stderr(Stdio::null());
        server
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        self.stop();
    }
}

/// An emulator that runs as a Windows program. What is on this machine reaches it, Windows program or not: loopback is
/// the same for all.
pub(super) struct Served {
    child: Child,
    lines: Receiver<String>,
    /// What it printed, for the environment of those that use it.
    pub(super) variables: Vec<(String, String)>,
}

impl Served {
    /// Starts it with these arguments after `serve`, and waits until it answers.
    pub(super) fn start(wine: &Wine, project: &Project, emulator: &Path, arguments: &[&str]) -> Result<Self, String> {
        let mut command = wine.command(emulator);
        command.args(["serve", "--exit-with-parent"]).args(arguments).current_dir(&project.root);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("the emulator can't be started: {error}"))?;
        let lines = process::lines(child.stdout.take().ok_or("the emulator has no output")?);
        let mut served = Self { child, lines, variables: Vec::new() };
        let until = Instant::now() + EMULATOR_START;
        loop {
            match served.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line == "ready" => return Ok(served),
                Ok(line) => served.variables.extend(line.split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned()))),
                Err(why) => return Err(format!("the emulator did not start: {why}")),
            }
        }
    }

    /// What its control answers to a GET, head and all.
    pub(super) fn control(&self, path: &str) -> Result<String, String> {
        let origin = self.variables.iter().find(|(name, _)| name == "MIDENTITY_EMULATOR");
        let at =
            origin.and_then(|(_, origin)| origin.strip_prefix("http://")).ok_or("the emulator named no control")?;
        let mut answer = String::new();
        let mut exchange = || {
            let mut stream = TcpStream::connect(at)?;
            stream.set_read_timeout(Some(CONTROL))?;
            write!(
                stream,
                "GET {path} HTTP/1.1\r\nHost: {at}\r\nMidentity-Emulator: true\r\nConnection: close\r\n\r\n"
            )?;
            stream.read_to_string(&mut answer)
        };
        exchange().map_err(|error| format!("the emulator's control: {error}"))?;
        Ok(answer)
    }

    /// Closes its input, upon which it must end by itself, and well.
    pub(super) fn stop(mut self) -> Result<(), String> {
        drop(self.child.stdin.take());
        match process::end(&mut self.child, Instant::now() + EMULATOR_END)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(format!("the emulator ended with {status}")),
            None => Err(format!("the emulator did not end within {} s of its parent", EMULATOR_END.as_secs())),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
