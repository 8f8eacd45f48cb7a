//! Other projects' clients, unmodified, against the emulator. Their installation is heavy: an environment of its own.

use crate::process;
use crate::project::Project;
use crate::report::Report;
use crate::test;
use crate::venv::{Interpreter, Venv};

pub(crate) fn run(project: &Project) -> Result<Report, String> {
    let mut report = Report::default();
    Report::announce("Other projects' clients");
    let venv = Interpreter::find()
        .and_then(|interpreter| Venv::ensure(project, &interpreter, ".cache/clients", &["build", "clients"]));
    let venv = match venv {
        Ok(venv) => venv,
        Err(missing) => {
            report.skip("clients", &missing);
            return Ok(report);
        }
    };
    if let Err(why) = test::build_emulator(project).and_then(|()| test::develop(project, &venv)) {
        report.fail("clients", &why);
        return Ok(report);
    }
    let mut freeze = venv.python(project);
    process::run(freeze.args(["-m", "pip", "list", "--disable-pip-version-check"]))?;
    test::pytest(project, &venv, "clients", "tests/clients", &mut report)?;
    azure_cli(project, &venv, &mut report)?;
    Ok(report)
}

/// The Azure CLI pins other versions of what the clients use: it is a program of an environment of its own, which the
/// tests start, and they themselves run beside the library.
fn azure_cli(project: &Project, venv: &Venv, report: &mut Report) -> Result<(), String> {
    Report::announce("The Azure CLI");
    let made = Interpreter::find()
        .and_then(|interpreter| Venv::ensure(project, &interpreter, ".cache/azure_cli", &["azure_cli"]));
    match made {
        Ok(_) => test::pytest(project, venv, "azure_cli", "tests/azure_cli", report),
        Err(missing) => {
            report.skip("azure_cli", &missing);
            Ok(())
        }
    }
}
