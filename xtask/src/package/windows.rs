//! The packages for Windows: built here, their imports read back, not run.

use std::path::Path;
use std::process::Command;

use super::archive::{self, Kind};
use super::{Packages, copy};
use crate::process;
use crate::project;
use crate::report::Report;
use crate::windows::{self, Release};

const LIBRARY: &[&str] = &[
    "LICENSE",
    "bin/midentity.dll",
    "include/midentity.h",
    "include/midentity.hpp",
    "include/midentity/*",
    "lib/libmidentity.a",
    "lib/libmidentity.dll.a",
    "lib/midentity.def",
];
const WHEEL: &[&str] = &["midentity/*", "midentity-*.dist-info/*"];

pub(super) fn run(packages: &Packages<'_>, report: &mut Report) {
    Report::announce("Windows");
    let project = packages.project;
    let release = match Release::build(project) {
        Ok(release) => release,
        Err(windows::NoRelease::Missing(missing)) => return report.skip("Windows natives", &missing),
        Err(windows::NoRelease::Failed(why)) => return report.fail("Windows natives", &why),
    };
    report.verdict("imports of midentity.dll", &release.import_findings(project, &release.dll, &[]));
    let library = packages.staging(&format!("midentity-{}-win-x64", packages.version)).and_then(|folder| {
        copy(&release.dll, &folder.join("bin/midentity.dll"))?;
        copy(&release.archive, &folder.join("lib/libmidentity.a"))?;
        copy(&release.import_library, &folder.join("lib/libmidentity.dll.a"))?;
        project::write(&folder.join("lib/midentity.def"), &release.definition)?;
        let headers = project.path("include");
        for header in project::files(&headers, "") {
            copy(&header, &folder.join("include").join(header.strip_prefix(&headers).unwrap_or(&header)))?;
        }
        copy(&project.path("LICENSE"), &folder.join("LICENSE"))?;
        Ok(folder)
    });
    packages.pack(library, Kind::Zip, LIBRARY, report);
    let program = packages.staging(&format!("midentity-emulator-{}-win-x64", packages.version)).and_then(|folder| {
        copy(&release.emulator, &folder.join("midentity-emulator.exe"))?;
        copy(&project.path("LICENSE"), &folder.join("LICENSE"))?;
        Ok(folder)
    });
    packages.pack(program, Kind::Zip, &["LICENSE", "midentity-emulator.exe"], report);
    wheel(packages, &release, report);
}

/// The wheel for Windows. Its imports are looked at; no Python for Windows is here that could run it.
fn wheel(packages: &Packages<'_>, release: &Release, report: &mut Report) {
    let mut maturin: Command = packages.maturin("");
    release.for_windows(&mut maturin);
    let made = process::run(&mut maturin).and_then(|()| packages.wheel("midentity", "win_amd64"));
    match made {
        Ok(wheel) => {
            let findings = archive::findings(&packages.venv, packages.project, &wheel, Kind::Zip, WHEEL);
            report.verdict("contents of the wheel midentity for Windows", &findings);
            report.verdict("imports of the wheel midentity for Windows", &imports(packages, release, &wheel));
            report.remark("NOTE the wheel for Windows was built and read, and has not been run".to_owned());
        }
        Err(why) => report.fail("wheel midentity for Windows", &why),
    }
}

fn imports(packages: &Packages<'_>, release: &Release, wheel: &Path) -> Vec<String> {
    let unpacked = match packages.unpack(wheel, "windows-wheel") {
        Ok(folder) => folder,
        Err(why) => return vec![why],
    };
    match &project::files(&unpacked, ".pyd")[..] {
        [module] => release.import_findings(packages.project, module, &["python3.dll"]),
        other => vec![format!("{} native modules are in it, one was to be", other.len())],
    }
}
