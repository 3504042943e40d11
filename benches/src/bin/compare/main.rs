//! The runtime beside its peers, doing the same work on the same server.
//!
//! `compare [--rounds N] [--only TABLE]... [--objects N]... [--no-build]` builds the sides, starts the embedded server in a process of its
//! own, lets each side in turn do the work in a fresh process, and prints tables in Markdown. Of several runs the best
//! counts: other load on the machine only ever adds.

mod churn;
mod machine;
mod measures;
mod queue;
mod server;
mod sides;
mod soak;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use operator_benches::{Outcome, say};

use server::Server;
use sides::Side;

/// Compares the runtime with its peers.
#[derive(Debug, Parser)]
struct Options {
    /// How often each side does each work; the best run counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many objects a start is measured with; may be given more than once.
    #[arg(long, default_values_t = [10_000, 100_000])]
    objects: Vec<usize>,
    /// Which tables to make; all of them if none is named.
    #[arg(long)]
    only: Vec<Part>,
    /// Takes the sides as they were built before.
    #[arg(long)]
    no_build: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Startup,
    Churn,
    Burn,
    Idle,
    Queue,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves objects, and changes them when its input asks for it.
    #[command(hide = true)]
    Serve { objects: usize },
    /// Runs our side for a long time against a server of which one watch in a hundred fails, and prints its memory.
    Soak { minutes: u64 },
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match options.command {
        Some(Command::Serve { objects }) => server::serve(objects).await,
        Some(Command::Soak { minutes }) => soak::soak(minutes).await,
        None => compare(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(options: &Options) -> Outcome {
    let sides = Side::all(!options.no_build);
    let wanted = |part| options.only.is_empty() || options.only.contains(&part);
    say(&machine::describe())?;
    for side in &sides {
        if let Err(why) = &side.command {
            say(&format!("\nNot measured: {}: {why}.", side.name))?;
        }
    }
    if wanted(Part::Startup) {
        for objects in &options.objects {
            measures::startup(&sides, &Server::start(*objects)?, options.rounds)?;
        }
    }
    if wanted(Part::Churn) {
        churn::measure(&sides, &mut Server::start(10_000)?, options.rounds)?;
    }
    if wanted(Part::Burn) {
        measures::burn(&sides, &Server::start(10_000)?, options.rounds)?;
    }
    if wanted(Part::Idle) {
        measures::idle(&sides, &Server::start(10_000)?, options.rounds)?;
    }
    if wanted(Part::Queue) {
        queue::measure(&sides, options.rounds)?;
    }
    Ok(())
}
