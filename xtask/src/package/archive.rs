//! Archives: made by Python, and listed again.

use std::path::{Path, PathBuf};

use crate::process;
use crate::project::Project;
use crate::venv::Venv;

/// How an archive is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    TarGz,
    Zip,
}

/// Packs a folder, by its name.
pub(super) fn make(venv: &Venv, project: &Project, folder: &Path, out: &Path, kind: Kind) -> Result<PathBuf, String> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let (module, file) = match kind {
        Kind::TarGz => ("tarfile", out.join(format!("{name}.tar.gz"))),
        Kind::Zip => ("zipfile", out.join(format!("{name}.zip"))),
    };
    let mut python = venv.python(project);
    python.args(["-m", module, "-c"]).arg(&file).arg(&*name).current_dir(folder.parent().unwrap_or(folder));
    process::run(&mut python)?;
    Ok(file)
}

/// Which files are missing in an archive, and which do not belong there. `*` in `wanted` stands for any text, and a
/// pattern that ends with it for any number of files.
pub(super) fn findings(venv: &Venv, project: &Project, file: &Path, kind: Kind, wanted: &[&str]) -> Vec<String> {
    let script = match kind {
        Kind::TarGz => "import sys, tarfile\nfor m in tarfile.open(sys.argv[1]):\n    if not m.isdir(): print(m.name)",
        Kind::Zip => {
            "import sys, zipfile\nfor n in zipfile.ZipFile(sys.argv[1]).namelist():\n    if n[-1] != '/': print(n)"
        }
    };
    let mut python = venv.python(project);
    match process::output(python.args(["-c", script]).arg(file)) {
        Ok(listed) => {
            println!("{}:", file.file_name().unwrap_or_default().to_string_lossy());
            let names: Vec<&str> = listed.lines().collect();
            for name in &names {
                println!("    {name}");
            }
            differences(&names, wanted)
        }
        Err(why) => vec![why],
    }
}

fn differences(names: &[&str], wanted: &[&str]) -> Vec<String> {
    let unknown = names.iter().filter(|name| !wanted.iter().any(|pattern| matches(pattern, name)));
    let missing = wanted.iter().filter(|pattern| !names.iter().any(|name| matches(pattern, name)));
    unknown
        .map(|name| format!("{name} does not belong there"))
        .chain(missing.map(|pattern| format!("{pattern} is missing")))
        .collect()
}

fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    rest.is_empty() || (0..=name.len()).any(|at| name.is_char_boundary(at) && matches(rest, &name[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_and_what_is_too_much_is_said() {
        let names = ["lib/x.so.1", "lib/x.so.1.0.0", "doc/LICENSE", "core"];
        let found = differences(&names, &["lib/x.so.*", "doc/LICENSE", "include/x.h"]);
        assert_eq!(found, ["core does not belong there", "include/x.h is missing"]);
        assert!(differences(&["a/b", "a/c"], &["a/*"]).is_empty());
        assert!(!matches("a*c", "abd") && matches("a*c", "abbc") && matches("*", ""));
    }
}
