//! The work queues alone.

use operator_benches::Outcome;

use crate::sides::Side;
use crate::table::{self, Column, Report};

const KEYS: &str = "10000";

/// What a key costs in CPU time: added, taken, done.
pub(crate) fn measure(sides: &[Side], rounds: usize) -> Outcome {
    let of = |name: &str| sides.iter().find(|side| side.name.starts_with(name));
    let (Some(ours), Some(peer)) = (of("operator-core"), of("controller-runtime")) else {
        return Ok(());
    };
    let columns = [
        Column::new("distinct keys, µs", "plain_ns", 1e-3),
        Column::new("three priorities, µs", "priorities_ns", 1e-3),
        Column::new("rate-limited at 1 ms, µs", "limited_ns", 1e-3),
    ];
    let mut rows = vec![("operator-core", best(ours, rounds)?)];
    if peer.command.is_ok() {
        let peer = best(peer, rounds)?;
        let mut client_go = Report::default();
        client_go.insert("plain_ns", peer.get("plain_ns"));
        client_go.insert("limited_ns", peer.get("limited_ns"));
        let mut priority_queue = Report::default();
        priority_queue.insert("priorities_ns", peer.get("priorities_ns"));
        priority_queue.insert("limited_ns", peer.get("priority_limited_ns"));
        rows.push(("client-go", client_go));
        rows.push(("controller-runtime's priority queue", priority_queue));
    }
    let title = format!("### Work queue: CPU time to add, get and finish one of {KEYS} keys");
    table::print(&title, &columns, &rows)
}

fn best(side: &Side, rounds: usize) -> Outcome<Report> {
    let mut runs = Vec::new();
    for _ in 0..rounds {
        runs.extend(side.run(&["queue", KEYS])?);
    }
    let columns = ["plain_ns", "priorities_ns", "limited_ns", "priority_limited_ns"];
    Ok(Report::best(
        &runs,
        &columns.map(|figure| Column::new("", figure, 1.0)),
    ))
}
