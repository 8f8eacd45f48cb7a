//! `midentity-emulator`: the emulator as a program.
#![forbid(unsafe_code)]

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use midentity_emulator::{Emulator, Options};

/// A whole small Azure identity plane on one machine, for tests and demos.
#[derive(Parser)]
#[command(name = "midentity-emulator", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until interrupted; prints KEY=VALUE lines and then `ready`.
    Serve(Serve),
}

#[derive(Args)]
struct Serve {
    /// The state file (YAML); without it, one VM with both kinds of identity.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder for keys and certificates; without it, one for each config file in the user's state directory.
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// The plain port on 127.0.0.1; 0 for a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The TLS port on 127.0.0.1; 0 for a free one.
    #[arg(long, default_value_t = 0)]
    tls_port: u16,
    /// The machine that the plain port speaks for (NAME or GROUP/NAME); any other is at /vm/NAME.
    #[arg(long, value_name = "NAME")]
    vm: Option<String>,
    /// Stop when the program that started this one ends (on Windows: when standard input does).
    #[arg(long)]
    exit_with_parent: bool,
    /// Log each request on stderr: method, path, status.
    #[arg(short, long)]
    verbose: bool,
}

fn main() -> ExitCode {
    let Command::Serve(arguments) = Cli::parse().command;
    let exit_with_parent = arguments.exit_with_parent;
    // Taken first: a parent that ends while we start must be noticed as well.
    let parent = parent_id();
    let emulator = match Emulator::start(Options {
        config: arguments.config,
        state_dir: arguments.state_dir,
        port: arguments.port,
        tls_port: arguments.tls_port,
        vm: arguments.vm,
        verbose: arguments.verbose,
        ..Options::default()
    }) {
        Ok(emulator) => emulator,
        Err(error) => {
            let _ = writeln!(io::stderr(), "midentity-emulator: {error}");
            return ExitCode::from(2);
        }
    };
    match serve(&emulator, exit_with_parent, parent) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "midentity-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(emulator: &Emulator, exit_with_parent: bool, parent: u32) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before `ready`: from then on a signal is answered with exit 0.
        let interrupted = interrupted()?;
        announce(emulator)?;
        tokio::select! {
            () = interrupted => {}
            () = parent_gone(parent), if exit_with_parent => {}
        }
        Ok(())
    })
}

/// Prints how to reach the emulator, for programs to read.
fn announce(emulator: &Emulator) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "AZURE_POD_IDENTITY_AUTHORITY_HOST={}", emulator.imds_endpoint())?;
    writeln!(out, "MIDENTITY_CLOUD={}", emulator.cloud())?;
    writeln!(out, "MIDENTITY_CA_FILE={}", emulator.ca_file().display())?;
    writeln!(out, "MIDENTITY_EMULATOR={}", emulator.control_endpoint())?;
    writeln!(out, "ready")?;
    out.flush()
}

#[cfg(unix)]
fn interrupted() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Windows has no SIGTERM: what a console sends stands for it, Ctrl-Break also from a program to its child.
#[cfg(windows)]
fn interrupted() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::windows;
    let (mut interrupt, mut stop) = (windows::ctrl_c()?, windows::ctrl_break()?);
    let (mut close, mut shutdown) = (windows::ctrl_close()?, windows::ctrl_shutdown()?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = stop.recv() => {}
            _ = close.recv() => {}
            _ = shutdown.recv() => {}
        }
    })
}

#[cfg(unix)]
fn parent_id() -> u32 {
    std::os::unix::process::parent_id()
}

#[cfg(not(unix))]
fn parent_id() -> u32 {
    0
}

/// Returns once the parent has ended: another process has adopted this one then.
#[cfg(unix)]
async fn parent_gone(parent: u32) {
    let mut tick = tokio::time::interval(std::time::Duration::from_millis(200));
    while parent_id() == parent {
        tick.tick().await;
    }
}

/// Returns once the parent's end of our standard input is closed.
#[cfg(not(unix))]
async fn parent_gone(_parent: u32) {
    let (gone, ended) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = gone.send(());
    });
    let _ = ended.await;
}
