use std::path::PathBuf;

use midentity_emulator::{Emulator, Options, StartError};

use crate::client::{https, token};

/// A folder of the test's own, gone when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("midentity-emulator-{name}-{}", std::process::id())))
    }

    fn start(&self) -> Emulator {
        Emulator::start(Options { state_dir: Some(self.0.join("state")), ..Options::default() }).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_enter() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("modes");
    std::fs::create_dir_all(folder.0.join("state")).unwrap();
    std::fs::set_permissions(folder.0.join("state"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let emulator = folder.start();
    token(&emulator, "");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.0.join("state")), 0o700, "a folder that was open is closed");
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder.0.join("state")).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    names.sort();
    assert_eq!(names, ["authority.json", "authority.lock", "ca.pem", "signing-key.json", "signing-key.lock"]);
    assert!(!std::fs::read_to_string(emulator.ca_file()).unwrap().contains("PRIVATE"));
}

#[test]
fn keys_are_made_once_however_many_start_together() {
    let folder = Folder::new("together");
    let emulators: Vec<Emulator> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| folder.start())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let kids: std::collections::HashSet<String> = emulators
        .iter()
        .map(|emulator| https(emulator, "/common/discovery/keys", &[]).2["keys"][0]["kid"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kids.len(), 1);
    // A later one still takes the same key and authority.
    let ca = std::fs::read(emulators[0].ca_file()).unwrap();
    drop(emulators);
    let again = folder.start();
    assert_eq!(std::fs::read(again.ca_file()).unwrap(), ca);
    assert!(kids.contains(https(&again, "/common/discovery/keys", &[]).2["keys"][0]["kid"].as_str().unwrap()));
}

#[test]
fn what_was_damaged_is_mended() {
    let folder = Folder::new("damaged");
    token(&folder.start(), "");
    let state = folder.0.join("state");
    let authority = std::fs::read(state.join("authority.json")).unwrap();
    std::fs::remove_file(state.join("ca.pem")).unwrap();
    assert_eq!(https(&folder.start(), "/common/discovery/keys", &[]).0, 200);
    assert_eq!(std::fs::read(state.join("authority.json")).unwrap(), authority, "only the public file was missing");
    for file in ["authority.json", "signing-key.json", "ca.pem"] {
        std::fs::write(state.join(file), "torn").unwrap();
    }
    let emulator = folder.start();
    token(&emulator, "");
    assert_eq!(https(&emulator, "/common/discovery/keys", &[]).0, 200);
}

#[test]
fn an_authority_near_its_end_is_replaced_and_the_old_one_stays_trusted() {
    let folder = Folder::new("renew");
    let old = folder.start();
    let path = folder.0.join("state/authority.json");
    let mut kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let six_days = kept["not_after"].as_i64().unwrap() - 24 * 86_400;
    kept["not_after"] = six_days.into();
    std::fs::write(&path, kept.to_string()).unwrap();
    let new = folder.start();
    let published = std::fs::read_to_string(new.ca_file()).unwrap();
    assert_eq!(published.matches("BEGIN CERTIFICATE").count(), 2);
    assert_eq!(https(&new, "/common/discovery/keys", &[]).0, 200);
    assert_eq!(https(&old, "/common/discovery/keys", &[]).0, 200, "it runs since before");
}

#[test]
fn a_folder_that_cannot_be_used_says_so() {
    let folder = Folder::new("file");
    std::fs::create_dir_all(&folder.0).unwrap();
    std::fs::write(folder.0.join("state"), "").unwrap();
    let error = Emulator::start(Options { state_dir: Some(folder.0.join("state")), ..Options::default() }).unwrap_err();
    assert!(matches!(error, StartError::Folder { .. }), "{error}");
    assert!(error.to_string().contains("state folder"), "{error}");
}

#[test]
fn options_that_contradict() {
    let both = Options { config: Some("x".into()), state: Some("schema: 1".into()), ..Options::default() };
    assert!(matches!(Emulator::start(both).unwrap_err(), StartError::Options(_)));
    let nobody = Options { vm: Some("nobody".into()), ..Options::default() };
    assert!(Emulator::start(nobody).unwrap_err().to_string().contains("no VM 'nobody'"));
    let running = crate::client::emulator();
    let port: u16 = running.imds_endpoint().rsplit(':').next().unwrap().parse().unwrap();
    let error = Emulator::start(Options { port, ..Options::default() }).unwrap_err();
    assert!(error.to_string().contains(&format!("127.0.0.1:{port} (plain port): the port is in use")), "{error}");
}

#[test]
fn starting_inside_a_runtime_works() {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        drop(crate::client::emulator());
    });
}
