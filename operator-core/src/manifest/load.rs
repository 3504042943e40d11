//! Manifests from files: several documents to a file, every mistake with its file and document.

use std::path::{Path, PathBuf};

use kube::core::GroupVersionKind;
use serde_json::Value;

use super::place::Place;

/// One object as somebody wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Where it was written.
    pub place: Place,
    /// What kind it says it is.
    pub kind: GroupVersionKind,
    /// Its name.
    pub name: String,
    /// The namespace it names, if it names one.
    pub namespace: Option<String>,
    /// The whole of it.
    pub object: Value,
}

/// Why manifests cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file or folder cannot be read.
    #[error("{}: cannot be read", .path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is nothing to read in the folder.
    #[error("{}: no .yaml, .yml or .json file in it", .path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A document is not YAML.
    #[error("{place}: {message}")]
    Syntax {
        /// The document.
        place: Place,
        /// What is wrong, with the line in the file.
        message: String,
    },
    /// A document is YAML, but no Kubernetes object.
    #[error("{place}: {message}")]
    Shape {
        /// The document.
        place: Place,
        /// What is missing or wrong.
        message: String,
    },
}

/// Reads the documents of a file, or of every manifest in a folder, by name.
///
/// Empty documents are counted and left out; a `List` is read as its items.
///
/// # Errors
/// [`LoadError`], naming file and document.
pub fn load(path: impl AsRef<Path>) -> Result<Vec<Document>, LoadError> {
    let path = path.as_ref();
    let unreadable = |path: &Path, source| LoadError::Read {
        path: path.to_owned(),
        source,
    };
    let mut documents = Vec::new();
    for file in files(path).map_err(|source| unreadable(path, source))? {
        let text = std::fs::read_to_string(&file).map_err(|source| unreadable(&file, source))?;
        documents.extend(parse(&file, &text)?);
    }
    if documents.is_empty() && path.is_dir() {
        return Err(LoadError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(documents)
}

fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let file = entry?.path();
        let extension = file.extension().and_then(std::ffi::OsStr::to_str);
        if matches!(extension, Some("yaml" | "yml" | "json")) && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads the documents of a text; `file` is only used to name them.
///
/// # Errors
/// [`LoadError`], naming file and document.
pub fn parse(file: &Path, text: &str) -> Result<Vec<Document>, LoadError> {
    let mut documents = Vec::new();
    for (index, part) in split(text).into_iter().enumerate() {
        let place = Place {
            file: file.to_owned(),
            document: index + 1,
        };
        // The parser sees the lines before as empty ones, so that it counts the lines of the file.
        let padded = format!("{}{}", "\n".repeat(part.first_line), part.text);
        let object: Value = serde_saphyr::from_str(&padded).map_err(|error| LoadError::Syntax {
            place: place.clone(),
            message: first_line(&error.to_string()),
        })?;
        if !object.is_null() {
            read(&place, object, &mut documents)?;
        }
    }
    Ok(documents)
}

fn read(place: &Place, object: Value, documents: &mut Vec<Document>) -> Result<(), LoadError> {
    let wrong = |message: String| LoadError::Shape {
        place: place.clone(),
        message,
    };
    let missing = |field: &str| wrong(format!("{field} is missing"));
    let text = |value: &Value, field: &str| match value {
        Value::Null => Err(missing(field)),
        Value::String(text) if text.is_empty() => Err(missing(field)),
        Value::String(text) => Ok(text.clone()),
        _ => Err(wrong(format!("{field} is not a string"))),
    };
    if !object.is_object() {
        return Err(wrong(
            "not an object with apiVersion, kind and metadata".to_owned(),
        ));
    }
    let api_version = text(&object["apiVersion"], "apiVersion")?;
    let kind = text(&object["kind"], "kind")?;
    if let (Value::Array(items), true) = (&object["items"], kind.ends_with("List")) {
        return items
            .iter()
            .try_for_each(|item| read(place, item.clone(), documents));
    }
    let metadata = &object["metadata"];
    let name = text(&metadata["name"], "metadata.name")?;
    let namespace = match &metadata["namespace"] {
        Value::Null => None,
        namespace => Some(text(namespace, "metadata.namespace")?),
    };
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let kind = GroupVersionKind::gvk(group, version, &kind);
    documents.push(Document {
        place: place.clone(),
        kind,
        name,
        namespace,
        object,
    });
    Ok(())
}

struct Part<'a> {
    first_line: usize,
    text: &'a str,
}

/// Splits at the lines that begin with `---`, which no document can contain.
fn split(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut first_line, mut at) = (0, 0, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if is_separator(line) {
            // What stands before the first separator is a document only if it says something.
            if !parts.is_empty() || start > 0 || says_something(&text[..at]) {
                parts.push(Part {
                    first_line,
                    text: &text[start..at],
                });
            }
            start = at + line.len();
            first_line = number + 1;
        }
        at += line.len();
    }
    parts.push(Part {
        first_line,
        text: &text[start..],
    });
    parts
}

fn is_separator(line: &str) -> bool {
    line.strip_prefix("---")
        .is_some_and(|rest| rest.trim_start().is_empty() || rest.trim_start().starts_with('#'))
}

fn says_something(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .any(|line| !line.is_empty() && !line.starts_with(['#', '%']))
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_text(text: &str) -> Result<Vec<Document>, LoadError> {
        parse(Path::new("db.yaml"), text)
    }

    #[test]
    fn documents_are_counted_as_they_stand_in_the_file() {
        let text = "# first\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n# nothing\n--- # third\n\
                    apiVersion: example.com/v1\nkind: Database\nmetadata:\n  name: b\n  namespace: a\n";
        let documents = parse_text(text).unwrap();
        let summary: Vec<_> = documents
            .iter()
            .map(|d| {
                (
                    d.place.document,
                    d.kind.kind.as_str(),
                    d.kind.group.as_str(),
                    d.namespace.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            summary,
            [
                (1, "Namespace", "", None),
                (3, "Database", "example.com", Some("a"))
            ]
        );
    }

    #[test]
    fn a_separator_inside_a_text_block_is_text() {
        let text =
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |\n    ---\n    ---more\n";
        let documents = parse_text(text).unwrap();
        assert_eq!(documents[0].object["data"]["x"], "---\n---more\n");
    }

    #[test]
    fn a_list_is_its_items() {
        let text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n\
                    - {apiVersion: v1, kind: Secret, metadata: {name: b}}\n";
        let names: Vec<_> = parse_text(text).unwrap().into_iter().map(|d| d.name).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn json_is_yaml() {
        let documents =
            parse_text("{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"}}").unwrap();
        assert_eq!(documents[0].name, "a");
    }

    #[test]
    fn mistakes_name_file_and_document() {
        let cases = [
            ("kind: X\n", "db.yaml, document 1: apiVersion is missing"),
            (
                "apiVersion: v1\nkind: X\n",
                "db.yaml, document 1: metadata.name is missing",
            ),
            (
                "apiVersion: v1\nkind: X\nmetadata: {name: a}\n---\n- 1\n",
                "db.yaml, document 2: not an object with apiVersion, kind and metadata",
            ),
            (
                "apiVersion: 1\nkind: X\n",
                "db.yaml, document 1: apiVersion is not a string",
            ),
        ];
        for (text, message) in cases {
            assert_eq!(parse_text(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn broken_yaml_names_the_line_of_the_file() {
        let error =
            parse_text("apiVersion: v1\nkind: X\nmetadata: {name: a}\n---\na: [1\nb: 2\n").unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("db.yaml, document 2: "), "{message}");
        assert!(matches!(error, LoadError::Syntax { .. }));
        assert!(
            message.contains("line 5") || message.contains("line 6"),
            "{message}"
        );
        assert!(!message.contains('\n'), "{message}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = load("/nonexistent/db.yaml").unwrap_err();
        assert_eq!(error.to_string(), "/nonexistent/db.yaml: cannot be read");
    }
}
