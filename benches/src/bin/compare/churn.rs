//! Objects that change all the time: how many reconciles there are, and how long after the write each begins.

use std::io::Write;

use operator_benches::Outcome;

use crate::server::Server;
use crate::sides::Side;
use crate::table::{self, Column, Report};

/// How many writes a second the server is asked for.
const RATE: u64 = 10_000;

/// For how many seconds.
const SECONDS: u64 = 10;

/// Lets every side follow the changes.
pub(crate) fn measure(sides: &[Side], server: &mut Server, rounds: usize) -> Outcome {
    let columns = [
        Column {
            more_is_better: true,
            ..Column::new("writes a second", "writes", 1.0)
        },
        Column {
            more_is_better: true,
            ..Column::new("reconciles a second", "reconciles", 1.0 / SECONDS as f64)
        },
        Column::new("p50, ms", "p50_us", 1e-3),
        Column::new("p99, ms", "p99_us", 1e-3),
        Column::new("CPU, µs a write", "cpu_us_per_write", 1.0),
    ];
    let mut runs: Vec<Vec<Report>> = vec![Vec::new(); sides.len()];
    for _ in 0..rounds {
        for (side, runs) in sides.iter().zip(&mut runs) {
            runs.extend(follow(side, server)?);
        }
    }
    let rows: Vec<_> = sides
        .iter()
        .zip(&runs)
        .filter(|(_, runs)| !runs.is_empty())
        .map(|(side, runs)| (side.name, Report::best(runs, &columns)))
        .collect();
    let title = format!(
        "### Churn: {} ConfigMaps, {RATE} writes a second offered for {SECONDS} s, from the write to the start of the reconcile",
        server.objects
    );
    table::print(&title, &columns, &rows)
}

fn follow(side: &Side, server: &mut Server) -> Outcome<Option<Report>> {
    let objects = server.objects.to_string();
    let Some(mut running) = side.start(&["churn", &server.address, &objects])? else {
        return Ok(None);
    };
    running.line()?;
    let written = server.churn(SECONDS, RATE)?;
    writeln!(running.input().ok_or("no input")?, "stop")?;
    let mut report = running.finish()?;
    report.insert("writes", written / SECONDS as f64);
    report.insert("cpu_us_per_write", report.get("cpu_s") * 1e6 / written);
    Ok(Some(report))
}
