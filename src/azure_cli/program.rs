//! Which program `az` is on Windows, and what it may be told there.
//!
//! The system's own search would look beside the calling program first, and finds no `az.cmd` when asked for `az`.
#![cfg_attr(not(any(windows, test)), allow(dead_code, reason = "elsewhere the system's search is the right one"))]

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::error::{Error, Result, id};

/// What the system can start by itself; of what else `PATHEXT` may name (scripts), az is none.
const STARTABLE: [&str; 4] = ["com", "exe", "bat", "cmd"];

/// The first `az` on the search path: the folders in their order, in each the extensions in theirs.
#[cfg(windows)]
pub(super) fn search() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    find(std::env::split_paths(&path), std::env::var_os("PATHEXT").as_deref())
}

fn find(folders: impl IntoIterator<Item = PathBuf>, extensions: Option<&OsStr>) -> Option<PathBuf> {
    let extensions = startable(extensions);
    // An entry that is not absolute means the current folder, where anyone may have put a program.
    folders
        .into_iter()
        .filter(|folder| folder.is_absolute())
        .flat_map(|folder| extensions.iter().map(move |e| folder.join(format!("az.{e}"))).collect::<Vec<_>>())
        .find(|file| file.is_file())
}

/// `PATHEXT`, a list such as `.COM;.EXE;.BAT;.CMD`, without what can't be started.
fn startable(extensions: Option<&OsStr>) -> Vec<String> {
    let named = extensions.unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let named: Vec<String> = named
        .split(';')
        .map(|e| e.trim().trim_start_matches('.').to_owned())
        .filter(|e| STARTABLE.contains(&e.as_str()))
        .collect();
    if named.is_empty() { STARTABLE.map(str::to_owned).to_vec() } else { named }
}

/// On Windows az is a batch file. The standard library quotes its arguments for cmd; az.cmd hands them on, where they
/// are read again, so that nothing is let through which cmd gives a meaning to. No real resource has any of it.
pub(super) fn check_argument(argument: &str) -> Result<()> {
    match argument.chars().find(|c| matches!(c, '"' | '%' | '!' | '^' | '&' | '|' | '<' | '>')) {
        None => Ok(()),
        Some(c) => Err(Error::argument(
            id::ARGUMENT_SCOPE,
            format!("the scope has a {c} in it, which the Azure CLI can't be given on Windows"),
            "give a resource without it, or use another way to sign in",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(extensions: &str) -> String {
        startable(Some(OsStr::new(extensions))).join(" ")
    }

    #[test]
    fn extensions_are_the_systems_in_its_order_and_only_what_can_be_started() {
        assert_eq!(words(".EXE;.CMD"), "exe cmd");
        assert_eq!(words(".PS1; .Cmd ;;.VBS;.BAT"), "cmd bat");
        for nothing in ["", ".PY;.JS"] {
            assert_eq!(words(nothing), "com exe bat cmd");
        }
        assert_eq!(startable(None), STARTABLE);
    }

    #[test]
    fn the_first_folder_that_has_it_and_never_the_current_one() {
        let root = std::env::temp_dir().join(format!("midentity-az-search-{}", std::process::id()));
        for (folder, file) in [("a", "az"), ("a", "az.ps1"), ("b", "az.cmd"), ("b", "az.exe"), ("c", "az.bat")] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
            std::fs::write(root.join(folder).join(file), "").unwrap();
        }
        std::fs::create_dir_all(root.join("d").join("az.exe")).unwrap();
        let search = |folders: &[&str], extensions: &str| {
            let found = find(folders.iter().map(|f| root.join(f)), Some(OsStr::new(extensions)))?;
            Some(found.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"))
        };
        let usual = ".COM;.EXE;.BAT;.CMD";
        assert_eq!(search(&["a"], usual), None, "neither the shell's az nor PowerShell's");
        assert_eq!(search(&["d"], usual), None, "a folder is no program");
        assert_eq!(search(&["a", "c", "b"], usual).as_deref(), Some("c/az.bat"));
        assert_eq!(search(&["b", "c"], usual).as_deref(), Some("b/az.exe"));
        assert_eq!(search(&["b", "c"], ".CMD;.EXE").as_deref(), Some("b/az.cmd"));
        let relative = ["", ".", "b"].map(PathBuf::from);
        std::fs::write(root.join("az.exe"), "").unwrap();
        assert_eq!(find(relative, None), None);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn what_cmd_would_read_is_refused() {
        for good in ["https://management.azure.com/", "api://0a1b2c3d/x-y_z.~", "https://a/$(b);'c'?d=e#f,g@h"] {
            assert!(check_argument(good).is_ok(), "{good}");
        }
        for bad in ["a&calc", "a|b", "a\"b", "%PATH%", "a!b!", "a^b", "a<b", "a>b"] {
            let error = check_argument(bad).unwrap_err();
            assert_eq!(error.id(), id::ARGUMENT_SCOPE, "{bad}");
            assert!(error.message().contains(" in it"), "{error}");
        }
    }
}
