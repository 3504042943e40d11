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
    /// Ours and every peer, built unless they are to be taken as they are.
    pub(crate) fn all(build: bool) -> Vec<Self> {
        let (ours, peer, go) = ("ours", "bench-kube-runtime", "controller-runtime");
        let rust = if build {
            cargo_build(&[("operator-benches", ours), (peer, peer)])
        } else {
            Ok(())
        };
        let side = |name, program: &str, built: Result<(), String>| Self {
            name,
            command: built.and_then(|()| find(program)),
        };
        vec![
            side("operator-core", ours, rust.clone()),
            side("kube-runtime 5.0", peer, rust),
            side(
                "controller-runtime 0.25",
                go,
                if build { go_build(go) } else { Ok(()) },
            ),
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

/// Builds programs, each of its package.
fn cargo_build(programs: &[(&str, &str)]) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--quiet", "--release"]);
    for (package, program) in programs {
        command.args(["--package", package, "--bin", program]);
    }
    run(&mut command, "cargo")
}

fn go_build(program: &str) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(program);
    let mut command = Command::new("go");
    command
        .current_dir(folder)
        .args(["build", "-buildvcs=false", "-o"])
        .arg(beside(program))
        .arg(".");
    run(&mut command, "go")
}

fn run(command: &mut Command, tool: &str) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{tool} could not build it: {status}")),
        Err(error) => Err(format!("{tool} could not be started: {error}")),
    }
}

fn find(program: &str) -> Result<PathBuf, String> {
    let path = beside(program);
    if path.exists() {
        Ok(path)
    } else {
        Err("it has not been built".to_owned())
    }
}

/// Where a program stands that is built for the comparison: beside this one.
fn beside(program: &str) -> PathBuf {
    std::env::current_exe()
        .unwrap_or_default()
        .with_file_name(program)
}
