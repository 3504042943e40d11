//! The tables for which every side does its work alone.

use operator_benches::Outcome;

use crate::server::Server;
use crate::sides::Side;
use crate::table::{self, Column, Report};

/// From nothing to all objects listed, cached and reconciled once.
pub(crate) fn startup(sides: &[Side], server: &Server, rounds: usize) -> Outcome {
    let per_object = 1.0 / server.objects as f64;
    let columns = [
        Column::new("wall, s", "wall_s", 1.0),
        Column::new("CPU, µs an object", "cpu_s", 1e6 * per_object),
        Column::new("retained, KiB an object", "retained_mb", 1024.0 * per_object),
        Column::new("peak, MiB", "peak_mb", 1.0),
    ];
    let title = format!("### Start-up with {} ConfigMaps", server.objects);
    each(sides, server, rounds, &["startup"], &title, &columns)
}

/// Reconciles of 200 µs of CPU time each.
pub(crate) fn burn(sides: &[Side], server: &Server, rounds: usize) -> Outcome {
    let title = format!(
        "### {} reconciles of 200 µs of CPU time each, on all cores",
        server.objects
    );
    let columns = [Column::new("wall, s", "wall_s", 1.0)];
    each(sides, server, rounds, &["burn"], &title, &columns)
}

/// A controller that has nothing to do.
pub(crate) fn idle(sides: &[Side], server: &Server, rounds: usize) -> Outcome {
    let title = format!("### Idle, with {} ConfigMaps", server.objects);
    let columns = [Column::new("CPU, ms a second", "cpu_ms_per_s", 1.0)];
    each(sides, server, rounds, &["idle", "10"], &title, &columns)
}

/// Lets the sides take turns, and prints the best run of each.
fn each(
    sides: &[Side],
    server: &Server,
    rounds: usize,
    work: &[&str],
    title: &str,
    columns: &[Column],
) -> Outcome {
    let objects = server.objects.to_string();
    let mut arguments = vec![work[0], &server.address, &objects];
    arguments.extend(&work[1..]);
    let mut runs: Vec<Vec<Report>> = vec![Vec::new(); sides.len()];
    for _ in 0..rounds {
        for (side, runs) in sides.iter().zip(&mut runs) {
            runs.extend(side.run(&arguments)?);
        }
    }
    let rows: Vec<_> = sides
        .iter()
        .zip(&runs)
        .filter(|(_, runs)| !runs.is_empty())
        .map(|(side, runs)| (side.name, Report::best(runs, columns)))
        .collect();
    table::print(title, columns, &rows)
}
