//! `fake-apiserver` under load over loopback HTTP.
//!
//! `load [--creates N] [--watchers N] [--rounds N]` starts the server that was built beside it and prints what it takes:
//! from nothing to the first answer, memory, creates with 64 in flight, a list, and how soon watchers see a write. The load
//! comes from this process, on the same cores; the CPU time of the server alone is printed beside the wall time.

mod connection;
mod creates;
mod watchers;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use operator_benches::{Outcome, Process, say};

use connection::{Connection, MAPS};

/// Puts load on `fake-apiserver`.
#[derive(Debug, Parser)]
struct Options {
    /// How many ConfigMaps are created.
    #[arg(long, default_value_t = 50_000)]
    creates: usize,
    /// How many watches are open.
    #[arg(long, default_value_t = 1_000)]
    watchers: usize,
    /// How often a start and a list are measured; the best counts.
    #[arg(long, default_value_t = 10)]
    rounds: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Outcome {
    say("| what | measured |")?;
    say("|---|---|")?;
    start(options.rounds).await?;

    let idle = serve(&[]).await?.0.resident_megabytes()?;
    row(
        "memory when idle, all simulated controllers",
        &format!("{idle:.1} MiB"),
    )?;

    let (server, address) = serve(&["--controllers", ""]).await?;
    list(&address, options.rounds).await?;
    creates::measure(&server, &address, options.creates).await?;
    drop(server);

    let (_server, address) = serve(&["--controllers", ""]).await?;
    watchers::measure(&address, options.watchers, options.rounds).await
}

fn row(what: &str, measured: &str) -> Outcome {
    say(&format!("| {what} | {measured} |"))
}

/// Starts the server and waits for its first answer; what is returned is its process and its address.
async fn launch(arguments: &[&str]) -> Outcome<(Process, String)> {
    let program = std::env::current_exe()?.with_file_name("loaded-apiserver");
    let mut all = vec!["--listen", "127.0.0.1:0"];
    all.extend(arguments);
    let mut server = Process::start(&program, &all)?;
    let line = server.line()?;
    let address = line
        .strip_prefix("serving on http://")
        .ok_or("the server did not start")?;
    Connection::open(address)
        .await?
        .get("/api/v1/namespaces/default")
        .await?;
    Ok((server, address.to_owned()))
}

/// A server whose controllers are done with what they do at first.
async fn serve(arguments: &[&str]) -> Outcome<(Process, String)> {
    let started = launch(arguments).await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(started)
}

/// From the start of the process to the end of the first answer.
async fn start(rounds: usize) -> Outcome {
    let mut best = Duration::MAX;
    for _ in 0..rounds {
        let began = Instant::now();
        let _server = launch(&[]).await?;
        best = best.min(began.elapsed());
    }
    row(
        "from the start of the process to the first answer",
        &format!("{:.1} ms", best.as_secs_f64() * 1e3),
    )
}

/// A list of ten thousand objects.
async fn list(address: &str, rounds: usize) -> Outcome {
    const OBJECTS: usize = 10_000;
    creates::fill(address, "list", OBJECTS).await?;
    let mut connection = Connection::open(address).await?;
    let mut best = Duration::MAX;
    let mut size = 0;
    for _ in 0..rounds {
        let began = Instant::now();
        size = connection.get(&MAPS.replace("default", "list")).await?.len();
        best = best.min(began.elapsed());
    }
    row(
        &format!("list of {OBJECTS} ConfigMaps, {} bytes each", size / OBJECTS),
        &format!("{:.1} ms", best.as_secs_f64() * 1e3),
    )
}
