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
    Ok(report)
}
