//! The state folder: who may read it, and how several emulators share it without tearing each other's files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aws_lc_rs::digest;

/// How long a file that is in use is waited for.
const REPLACE: Duration = Duration::from_secs(5);

/// A folder that only its owner may enter, holding keys that are made once.
#[derive(Debug, Clone)]
pub(crate) struct StateFolder {
    path: PathBuf,
}

/// The folder to use when none is named: one for each config file, under the user's state directory. None where
/// the user has no such directory.
pub(crate) fn default_path(config: Option<&Path>) -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let base = from("XDG_STATE_HOME").filter(|p| p.is_absolute()).or_else(|| {
        if cfg!(windows) { from("LOCALAPPDATA") } else { from("HOME").map(|home| home.join(".local/state")) }
    })?;
    let name = match config {
        // Two spellings of one file must share keys; a hash, because a path can hold what a folder name cannot.
        Some(path) => {
            let full = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            let hash = digest::digest(&digest::SHA256, full.to_string_lossy().as_bytes());
            hash.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
        }
        None => "default".to_owned(),
    };
    Some(base.join("midentity-emulator").join(name))
}

impl StateFolder {
    /// Opens the folder, making it if needed, and closes it to everyone else.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(path)?.permissions().mode();
            if mode & 0o077 != 0 {
                // This fails where the folder belongs to someone else: then its keys are not ours to trust.
                fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
            }
        }
        Ok(Self { path: path.to_owned() })
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Takes a lock that holds off other emulators, in this process or another, until the result is dropped.
    pub(crate) fn lock(&self, name: &str) -> io::Result<File> {
        let file = open_private(OpenOptions::new().create(true).truncate(false).write(true), &self.file(name))?;
        file.lock()?;
        Ok(file)
    }

    pub(crate) fn read(&self, name: &str) -> io::Result<String> {
        fs::read_to_string(self.file(name))
    }

    /// Writes a file that others see either whole or not at all.
    pub(crate) fn write(&self, name: &str, content: &str) -> io::Result<()> {
        let unique = uuid::Uuid::new_v4().simple();
        let temporary = self.file(&format!(".{name}.{unique}.tmp"));
        let result = (|| {
            let mut file = open_private(OpenOptions::new().create_new(true).write(true), &temporary)?;
            file.write_all(content.as_bytes())?;
            file.sync_all()?;
            drop(file);
            replace(&temporary, &self.file(name))
        })();
        if result.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        result
    }
}

/// Puts a file in another's place. Windows refuses while somebody has the other one open, another emulator or a virus
/// scanner; that is over in a moment.
fn replace(from: &Path, to: &Path) -> io::Result<()> {
    let until = Instant::now() + REPLACE;
    loop {
        match fs::rename(from, to) {
            Err(error)
                if cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied && Instant::now() < until =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            other => return other,
        }
    }
}

fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_reads_is_replaced() {
        let path = std::env::temp_dir().join(format!("midentity-emulator-folder-{}", std::process::id()));
        let folder = StateFolder::open(&path).unwrap();
        folder.write("kept", "old").unwrap();
        let reader = File::open(folder.file("kept")).unwrap();
        let reads = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            drop(reader);
        });
        folder.write("kept", "new").unwrap();
        assert_eq!(folder.read("kept").unwrap(), "new");
        reads.join().unwrap();
        fs::remove_dir_all(path).unwrap();
    }
}
