//! Who is compared, and how their programs are built and run.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use operator_benches::Outcome;

use crate::table::Report;

/// One side of the comparison.
#[derive(Debug)]
pub(crate) struct Side {
    /// What it is called in the tables.
    pub(crate) name: &'static str,
    /// Its program, or why there is none.
    pub(crate) command: Result<PathBuf, String>,
}

impl Side {
    /// Ours and every peer, built.
    pub(crate) fn all() -> Vec<Self> {
        vec![
            Self {
                name: "operator-core",
                command: cargo_build("operator-benches", "ours"),
            },
            Self {
                name: "kube-runtime 5.0",
                command: cargo_build("bench-kube-runtime", "bench-kube-runtime"),
            },
            Self {
                name: "controller-runtime 0.25",
                command: go_build("controller-runtime"),
            },
        ]
    }

    /// Runs the work to its end; `None` if the side has no program.
    ///
    /// # Errors
    /// If the program fails.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome<Option<Report>> {
        let Some(running) = self.start(arguments)? else {
            return Ok(None);
        };
        running.finish().map(Some)
    }

    /// Starts the work; `None` if the side has no program.
    ///
    /// # Errors
    /// If the program does not start.
    pub(crate) fn start(&self, arguments: &[&str]) -> Outcome<Option<Running>> {
        let Ok(program) = &self.command else {
            return Ok(None);
        };
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(Some(Running {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().ok_or("no output")?),
            name: self.name,
            child,
        }))
    }
}

/// A side at work.
#[derive(Debug)]
pub(crate) struct Running {
    name: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Running {
    /// The next line that it prints.
    ///
    /// # Errors
    /// If it ends instead.
    pub(crate) fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err(format!("{} ended without a word", self.name).into());
        }
        Ok(line)
    }

    /// Where it is told that the work is over.
    pub(crate) fn input(&mut self) -> Option<&mut ChildStdin> {
        self.input.as_mut()
    }

    /// Waits for its report.
    ///
    /// # Errors
    /// If it fails.
    pub(crate) fn finish(mut self) -> Outcome<Report> {
        let report = Report::parse(&self.line()?)?;
        drop(self.input.take());
        let status = self.child.wait()?;
        if !status.success() {
            return Err(format!("{} failed: {status}", self.name).into());
        }
        Ok(report)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // it has ended already unless something went wrong
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cargo_build(package: &str, program: &str) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    build(
        Command::new(cargo).current_dir(folder).args([
            "build",
            "--quiet",
            "--release",
            "--package",
            package,
            "--bin",
            program,
        ]),
        "cargo",
    )?;
    Ok(built().join(program))
}

fn go_build(program: &str) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(program);
    let target = built().join(program);
    build(
        Command::new("go")
            .current_dir(folder)
            .args(["build", "-buildvcs=false", "-o"])
            .arg(&target)
            .arg("."),
        "go",
    )?;
    Ok(target)
}

fn build(command: &mut Command, tool: &str) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{tool} could not build it: {status}")),
        Err(error) => Err(format!("{tool} could not be started: {error}")),
    }
}

/// The folder of this program, where the others are built too.
fn built() -> PathBuf {
    let this = std::env::current_exe().unwrap_or_default();
    this.parent().map(Path::to_owned).unwrap_or_default()
}
