//! Everything that a change must pass, with one sum at the end.

use crate::project::Project;
use crate::report::Report;
use crate::{Flags, check, clients, test, windows};

pub(crate) fn run(project: &Project, flags: &Flags) -> Result<Report, String> {
    let mut report = Report::default();
    if let Err(why) = check::install_tools(project) {
        report.remark(format!("NOTE the cargo tools could not be installed: {why}"));
    }
    report.merge("check", check::run(project, flags)?);
    report.merge("test", test::run(project, flags)?);
    report.merge("test-clients", clients::run(project)?);
    report.merge("test-windows", windows::run(project, flags)?);
    Ok(report)
}
