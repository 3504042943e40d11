//! What a person sees: lines that stay, and one line of progress that moves below them.

use std::io::{self, IsTerminal, Write};

/// Prints lines and a line of progress; on a terminal the progress is rewritten in place, elsewhere it is one line each
/// time it changes.
#[derive(Debug)]
pub struct Screen<W> {
    out: W,
    in_place: bool,
    progress: String,
}

impl Screen<io::Stdout> {
    /// The standard output.
    pub fn stdout() -> Self {
        let out = io::stdout();
        let in_place = out.is_terminal();
        Self {
            out,
            in_place,
            progress: String::new(),
        }
    }
}

impl<W: Write> Screen<W> {
    /// A screen that prints into `out`, with nothing rewritten.
    pub fn plain(out: W) -> Self {
        Self {
            out,
            in_place: false,
            progress: String::new(),
        }
    }

    /// Prints a line that stays.
    ///
    /// # Errors
    /// If the output is closed.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        if self.in_place && !self.progress.is_empty() {
            write!(self.out, "\r\x1b[K{text}\n{}", self.progress)?;
        } else {
            writeln!(self.out, "{text}")?;
        }
        self.out.flush()
    }

    /// Shows what is being waited for; an empty text ends it.
    ///
    /// # Errors
    /// If the output is closed.
    pub fn progress(&mut self, text: &str) -> io::Result<()> {
        if text == self.progress {
            return Ok(());
        }
        text.clone_into(&mut self.progress);
        match (self.in_place, text.is_empty()) {
            (true, _) => write!(self.out, "\r\x1b[K{text}")?,
            (false, false) => writeln!(self.out, "{text}")?,
            (false, true) => {}
        }
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_stays_below_the_lines() {
        let mut screen = Screen {
            out: Vec::new(),
            in_place: true,
            progress: String::new(),
        };
        screen.progress("waiting").unwrap();
        screen.line("one").unwrap();
        screen.progress("").unwrap();
        screen.line("two").unwrap();
        assert_eq!(
            String::from_utf8(screen.out).unwrap(),
            "\r\x1b[Kwaiting\r\x1b[Kone\nwaiting\r\x1b[Ktwo\n"
        );
    }

    #[test]
    fn without_a_terminal_progress_is_a_line_each_time_it_changes() {
        let mut screen = Screen::plain(Vec::new());
        screen.progress("waiting").unwrap();
        screen.progress("waiting").unwrap();
        screen.line("one").unwrap();
        screen.progress("").unwrap();
        assert_eq!(String::from_utf8(screen.out).unwrap(), "waiting\none\n");
    }
}
