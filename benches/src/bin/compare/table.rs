//! Tables in Markdown, and what a side reports.

use std::collections::BTreeMap;

use operator_benches::{Outcome, say};

/// What one run of one side cost, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report(BTreeMap<String, f64>);

impl Report {
    /// Reads `name=value name=value`.
    ///
    /// # Errors
    /// If a part is something else.
    pub(crate) fn parse(line: &str) -> Outcome<Self> {
        line.split_whitespace()
            .map(|part| {
                let (name, value) = part.split_once('=').ok_or("a report of another form")?;
                Ok((name.to_owned(), value.parse()?))
            })
            .collect::<Outcome<_>>()
            .map(Self)
    }

    /// Adds a figure that somebody else measured.
    pub(crate) fn insert(&mut self, name: &str, value: f64) {
        self.0.insert(name.to_owned(), value);
    }

    /// A figure; not a number if the side does not measure it.
    pub(crate) fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(f64::NAN)
    }

    /// The best of several runs, figure by figure.
    pub(crate) fn best(runs: &[Self], columns: &[Column]) -> Self {
        let best = columns.iter().map(|column| {
            let figures = runs.iter().map(|run| run.get(column.figure));
            let best = if column.more_is_better {
                figures.fold(f64::NEG_INFINITY, f64::max)
            } else {
                figures.fold(f64::INFINITY, f64::min)
            };
            (column.figure.to_owned(), best)
        });
        Self(best.collect())
    }
}

/// One column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// What stands above it.
    pub(crate) title: &'static str,
    /// The figure of the report.
    pub(crate) figure: &'static str,
    /// What the figure is multiplied with.
    pub(crate) scale: f64,
    /// Whether more is better.
    pub(crate) more_is_better: bool,
}

impl Column {
    /// A column in which less is better.
    pub(crate) const fn new(title: &'static str, figure: &'static str, scale: f64) -> Self {
        Self {
            title,
            figure,
            scale,
            more_is_better: false,
        }
    }
}

/// Prints one row for each side, and how the first one compares with the best of the others.
pub(crate) fn print(title: &str, columns: &[Column], rows: &[(&str, Report)]) -> Outcome {
    say(&format!("\n{title}\n"))?;
    let titles: Vec<_> = columns.iter().map(|column| column.title).collect();
    say(&format!("| | {} |", titles.join(" | ")))?;
    say(&format!("|---|{}", "---|".repeat(columns.len())))?;
    for (name, report) in rows {
        let figures = columns
            .iter()
            .map(|column| shown(report.get(column.figure) * column.scale));
        say(&format!(
            "| {name} | {} |",
            figures.collect::<Vec<_>>().join(" | ")
        ))?;
    }
    let Some(((_, ours), peers)) = rows.split_first() else {
        return Ok(());
    };
    if peers.is_empty() {
        return Ok(());
    }
    let ratios = columns.iter().map(|column| {
        let peers: Vec<_> = peers.iter().map(|(_, report)| report.clone()).collect();
        let best = Report::best(&peers, std::slice::from_ref(column));
        shown(ours.get(column.figure) / best.get(column.figure))
    });
    say(&format!(
        "| ours to the best peer | {} |",
        ratios.collect::<Vec<_>>().join(" | ")
    ))
}

fn shown(figure: f64) -> String {
    match figure {
        figure if !figure.is_finite() => "-".to_owned(),
        figure if figure.abs() >= 100.0 => format!("{figure:.0}"),
        figure if figure.abs() >= 10.0 => format!("{figure:.1}"),
        figure => format!("{figure:.2}"),
    }
}
