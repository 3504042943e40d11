//! Prints a watch of server-side tables as `kubectl get -w` does: the server's own columns, one line a change.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

/// The server's answer to `Accept: application/json;as=Table;v=v1;g=meta.k8s.io`, as far as printing needs it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Table {
    /// `None` in every event of a watch but the first.
    pub(super) column_definitions: Option<Vec<Column>>,
    /// One row an object.
    #[serde(default)]
    pub(super) rows: Vec<Row>,
}

/// A column as the CRD declares it.
#[derive(Debug, Deserialize)]
pub(super) struct Column {
    name: String,
    #[serde(default)]
    priority: i32,
}

/// An object's cells.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    cells: Vec<Value>,
}

/// Aligns the rows of a watch under one header.
///
/// Widths only grow: a line that is printed is not moved again.
#[derive(Debug, Default)]
pub(super) struct Printer {
    shown: Vec<usize>,
    widths: Vec<usize>,
    last: Vec<String>,
}

impl Printer {
    /// The lines to print for one event: the header before the first row, then each row unless it repeats the last one.
    pub(super) fn lines(&mut self, table: &Table) -> Vec<String> {
        let mut lines = Vec::new();
        if let (true, Some(columns)) = (self.shown.is_empty(), &table.column_definitions) {
            let visible = columns
                .iter()
                .enumerate()
                .filter(|(_, column)| column.priority == 0);
            let header: Vec<String> = visible
                .map(|(index, column)| (self.shown.push(index), column.name.to_uppercase()).1)
                .collect();
            // The cells to come are not known yet; most fit into this.
            self.widths = header.iter().map(|name| name.len().max(10)).collect();
            lines.push(self.align(&header));
        }
        for row in &table.rows {
            let cells: Vec<String> = self
                .shown
                .iter()
                .map(|&index| row.cells.get(index).map_or_else(String::new, cell))
                .collect();
            if cells != self.last {
                lines.push(self.align(&cells));
                self.last = cells;
            }
        }
        lines
    }

    fn align(&mut self, cells: &[String]) -> String {
        let mut line = String::new();
        for (index, text) in cells.iter().enumerate() {
            let width = &mut self.widths[index];
            *width = (*width).max(text.len());
            if index + 1 == cells.len() {
                line.push_str(text);
            } else {
                let _ = write!(line, "{text:<width$}   ");
            }
        }
        line
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "<none>".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(value: Value) -> Table {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn prints_the_header_once_and_repeats_no_row() {
        let mut printer = Printer::default();
        let first = table(json!({
            "columnDefinitions": [{"name": "Name"}, {"name": "Engine"}, {"name": "Hidden", "priority": 1}, {"name": "Ready"}],
            "rows": [{"cells": ["a", "mysql", "x", null]}],
        }));
        assert_eq!(
            printer.lines(&first),
            [
                "NAME         ENGINE       READY",
                "a            mysql        <none>"
            ]
        );
        let later = table(json!({"columnDefinitions": null, "rows": [{"cells": ["a", "mysql", "y", null]}]}));
        assert_eq!(printer.lines(&later), Vec::<String>::new());
        let changed = table(json!({"rows": [{"cells": ["a", "mysql", "y", true]}]}));
        assert_eq!(printer.lines(&changed), ["a            mysql        true"]);
    }
}
