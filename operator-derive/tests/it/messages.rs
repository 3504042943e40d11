//! Every message of the macros is seen by a case in `ui/cases`.

use std::{fs, path::Path};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// What reports an error, by the name of the function.
const REPORTERS: [&str; 5] = ["at", "at_span", "missing", "new", "wants"];

#[test]
fn every_message_has_a_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases = String::new();
    for file in files(&root.join("ui/cases"), "stderr") {
        cases.push_str(&fs::read_to_string(file).unwrap());
    }
    let cases = squeezed(&cases);
    let (mut seen, mut unseen) = (0, Vec::new());
    // What is only built for tests says nothing to a user.
    let sources = files(&root.join("src"), "rs")
        .into_iter()
        .filter(|file| !file.ends_with("snapshots.rs"));
    for file in sources {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let mut messages = Vec::new();
        collect(code.parse().unwrap(), false, &mut messages);
        for message in messages {
            // What is filled in differs; the longest part of what does not must be there.
            let fixed = message.split(['{', '}']).max_by_key(|part| part.len());
            let fixed = squeezed(fixed.unwrap_or_default());
            if fixed.len() < 12 {
                continue;
            }
            seen += 1;
            if !cases.contains(&fixed) {
                unseen.push(format!("{}: {message}", file.display()));
            }
        }
    }
    assert!(seen > 80, "only {seen} messages were found");
    assert!(
        unseen.is_empty(),
        "no case in ui/cases shows:\n{}",
        unseen.join("\n")
    );
}

/// The string literals in the arguments of reporters.
fn collect(tokens: TokenStream, reported: bool, messages: &mut Vec<String>) {
    let mut reporter = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                reporter = REPORTERS.iter().any(|name| ident == name);
                continue;
            }
            TokenTree::Group(group) => {
                let called = reporter && group.delimiter() == Delimiter::Parenthesis;
                collect(group.stream(), reported || called, messages);
            }
            TokenTree::Literal(literal) if reported => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    messages.push(text.value());
                }
            }
            TokenTree::Literal(_) | TokenTree::Punct(_) => {}
        }
        reporter = false;
    }
}

/// Without the line breaks and margins of the compiler's report.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn files(folder: &Path, extension: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|known| known == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}
