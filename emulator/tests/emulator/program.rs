use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::{TOKEN, send};

const BINARY: &str = env!("CARGO_BIN_EXE_midentity-emulator");

struct Program {
    child: Child,
    lines: Vec<(String, String)>,
    rest: BufReader<std::process::ChildStdout>,
    folder: PathBuf,
}

impl Program {
    fn start(name: &str, arguments: &[&str]) -> Self {
        let folder = std::env::temp_dir().join(format!("midentity-emulator-program-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let mut child = Command::new(BINARY)
            .arg("serve")
            .args(["--state-dir".as_ref(), folder.as_os_str()])
            .args(arguments)
            // Where there are no signals, the end of its input ends it.
            .args(cfg!(windows).then_some("--exit-with-parent"))
            .stdin(if cfg!(windows) { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut rest = BufReader::new(child.stdout.take().unwrap());
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            rest.read_line(&mut line).unwrap();
            match line.trim_end() {
                "ready" => break,
                line => {
                    let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{line:?} in {lines:?}"));
                    lines.push((key.to_owned(), value.to_owned()));
                }
            }
        }
        Self { child, lines, rest, folder }
    }

    fn value(&self, key: &str) -> &str {
        &self.lines.iter().find(|(k, _)| k == key).unwrap().1
    }

    /// Ends it as a program that started it does.
    fn stop(&mut self) {
        #[cfg(unix)]
        self.signal("-TERM");
        drop(self.child.stdin.take());
    }

    #[cfg(unix)]
    fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
    }

    /// Waits for the end: exit code, the rest of stdout, stderr.
    fn end(&mut self) -> (Option<i32>, String, String) {
        let until = Instant::now() + Duration::from_secs(10);
        let code = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code();
            }
            assert!(Instant::now() < until, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        let (mut out, mut err) = (String::new(), String::new());
        self.rest.read_to_string(&mut out).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (code, out, err)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn fails(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(BINARY).arg("serve").args(arguments).output().unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn bad_states_and_ports_end_it_with_2() {
    let file = std::env::temp_dir().join(format!("midentity-emulator-bad-{}.yaml", std::process::id()));
    let path = file.to_str().unwrap();
    std::fs::write(&file, "schema: 1\nsubscriptions:\n  - resource_group: []\n").unwrap();
    let (code, message) = fails(&["--config", path]);
    assert_eq!(code, Some(2));
    assert!(message.contains(&format!("{path}:3:")) && message.contains("resource_group"), "{message}");
    let (code, message) = fails(&["--config", "/nowhere/state.yaml"]);
    assert_eq!(code, Some(2));
    assert!(message.contains("cannot read the state file /nowhere/state.yaml"), "{message}");
    let (code, message) = fails(&["--vm", "nobody"]);
    assert_eq!((code, message.contains("no VM 'nobody'")), (Some(2), true), "{message}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (flag, which) in [("--port", "plain"), ("--tls-port", "TLS")] {
        let (code, message) = fails(&[flag, &port]);
        assert_eq!(code, Some(2));
        assert!(
            message.contains(&format!("127.0.0.1:{port} ({which} port)")) && message.contains("in use"),
            "{message}"
        );
    }
    assert_eq!(fails(&["--prot", "1"]).0, Some(2));
    std::fs::remove_file(file).unwrap();
}

/// Not on Windows, which is tested under Wine: there, starting a program takes that long by itself.
#[cfg(not(windows))]
#[test]
fn a_fresh_one_answers_within_100_ms() {
    let mut fastest = Duration::MAX;
    // The best of some: the test is about the program, not about what else the machine does.
    for at in 0..20 {
        let begun = Instant::now();
        let program = Program::start(&format!("fresh{at}"), &[]);
        let endpoint = program.value("AZURE_POD_IDENTITY_AUTHORITY_HOST").to_owned();
        let answer = send(&endpoint, "GET", "/metadata/instance?api-version=2021-02-01", &[("Metadata", "true")], "");
        assert_eq!(answer.status, 200);
        fastest = fastest.min(begun.elapsed());
        assert!(program.folder.join("ca.pem").exists(), "the certificate is there before `ready`");
        if fastest < Duration::from_millis(100) {
            break;
        }
    }
    assert!(fastest < Duration::from_millis(100), "{fastest:?}");
}

#[test]
fn what_it_prints_is_what_it_serves_and_no_token() {
    let mut program = Program::start("prints", &["--verbose", "--vm", "rg1/vm1"]);
    let keys: Vec<&str> = program.lines.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        ["AZURE_POD_IDENTITY_AUTHORITY_HOST", "MIDENTITY_CLOUD", "MIDENTITY_CA_FILE", "MIDENTITY_EMULATOR"]
    );
    assert!(program.value("MIDENTITY_CLOUD").starts_with("https://127.0.0.1:"));
    let endpoint = program.value("AZURE_POD_IDENTITY_AUTHORITY_HOST").to_owned();
    let answer = send(&endpoint, "GET", TOKEN, &[("Metadata", "true")], "");
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let log =
        send(program.value("MIDENTITY_EMULATOR"), "GET", "/_emulator/requests", &[("Midentity-Emulator", "true")], "");
    assert_eq!(log.json()["requests"].as_array().unwrap().len(), 1);
    program.stop();
    let (code, out, err) = program.end();
    assert_eq!((code, out.as_str()), (Some(0), ""));
    assert!(err.contains("GET /metadata/identity/oauth2/token 200"), "{err}");
    let signature = token.rsplit('.').next().unwrap();
    assert!(!format!("{out}{err}{}", log.text()).contains(signature));
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_with_0() {
    let mut program = Program::start("interrupt", &[]);
    program.signal("-INT");
    let (code, _, err) = program.end();
    assert_eq!((code, err.as_str()), (Some(0), ""));
}

#[cfg(unix)]
#[test]
fn it_ends_with_its_parent_where_asked() {
    let folder = std::env::temp_dir().join(format!("midentity-emulator-parent-{}", std::process::id()));
    // A shell starts it and ends at once; it must follow.
    let script = format!("'{BINARY}' serve --exit-with-parent --state-dir '{}' & echo $!; sleep 1", folder.display());
    let mut shell = Command::new("sh").args(["-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines();
    let pid = lines.next().unwrap().unwrap();
    // The pipe ends when the last process that holds it has ended: shell and emulator.
    let begun = Instant::now();
    assert!(shell.wait().unwrap().success());
    let rest: Vec<String> = lines.map(|line| line.unwrap()).collect();
    assert_eq!(rest.last().map(String::as_str), Some("ready"), "{pid}: {rest:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    let _ = std::fs::remove_dir_all(folder);
}
