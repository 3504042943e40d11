/// Any error, for places that only report it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What ends an operator's process.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No client could be made, or the API server refused what the operator cannot do without.
    #[error("cannot use the Kubernetes API")]
    Client(#[source] kube::Error),
    /// A part of the operator ended with an error.
    #[error("{name} failed")]
    Part {
        /// Which part: a controller, a server, a task of the user.
        name: String,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// What the operator was told does not fit together.
    #[error("{0}")]
    Configuration(String),
    /// The definitions are not compatible with those of the previous release; what breaks was printed.
    #[error(
        "{} what {} allows",
        if *.breaks == 1 { "one change breaks".to_owned() } else { format!("{breaks} changes break") },
        .previous.display()
    )]
    Incompatible {
        /// The file of the previous release.
        previous: std::path::PathBuf,
        /// How many changes break something.
        breaks: usize,
    },
    /// Something outside Kubernetes failed: a port, a file.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
}

/// An error and its sources on one line, each said once.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let said = source.to_string();
        // Many errors repeat their source.
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = source.source();
    }
    text.replace('\n', " ")
}
