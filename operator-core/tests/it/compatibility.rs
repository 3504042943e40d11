//! `crd --check FILE`: the definitions of this release beside those of the previous one.

use std::fs;
use std::path::{Path, PathBuf};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use operator_core::cli::{Command, CrdArgs};
use operator_core::manifest::{compare, to_yaml};
use operator_core::{Operator, chain};

use crate::gadget::Gadget;

/// A file that is gone when the test ends.
struct Previous {
    folder: tempfile::TempDir,
}

impl Previous {
    fn of(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("crds.yaml"), text).unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("crds.yaml")
    }
}

/// The gadget of a release that had one field more, and a kind that is gone.
fn older() -> String {
    let mut gadget = serde_json::to_value(Gadget::crd()).unwrap();
    let spec = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";
    gadget.pointer_mut(spec).unwrap()["colour"] = serde_json::json!({"type": "string"});
    let mut gone = gadget.clone();
    gone["metadata"]["name"] = "gizmos.example.com".into();
    to_yaml([gadget, gone]).unwrap()
}

async fn check(file: &Path) -> Result<(), String> {
    let operator = Operator::new("gadget-operator").definition(Gadget::crd());
    let args = CrdArgs {
        check: Some(file.to_owned()),
        ..CrdArgs::default()
    };
    let outcome = operator.execute(Command::Crd(args)).await;
    outcome.map_err(|error| chain(&error))
}

#[tokio::test]
async fn the_same_definitions_pass() {
    // What else the previous release was installed from is passed over.
    let rest = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n";
    let previous = Previous::of(&(to_yaml([Gadget::crd()]).unwrap() + rest));
    check(&previous.path()).await.unwrap();
    check(previous.folder.path()).await.unwrap();
}

#[tokio::test]
async fn every_break_is_listed_with_what_to_do() {
    let previous = Previous::of(&older());
    let comparison = compare(previous.path(), &[Gadget::crd()]).unwrap();
    assert_eq!(
        comparison.to_string(),
        "gadgets.example.com: is not compatible\n  \
           v1 .spec.colour: is gone: its values are pruned\n    \
             keep it, marked as deprecated, or remove it in a new version with `#[version(removed = ...)]`\n\
         gizmos.example.com: is not compatible\n  \
           the definition is gone\n    \
             keep serving the kind until no object of it is left\n"
    );
    let message = check(&previous.path()).await.unwrap_err();
    assert_eq!(
        message,
        format!("2 changes break what {} allows", previous.path().display())
    );
}

#[test]
fn a_kind_may_come() {
    let mut other: CustomResourceDefinition = Gadget::crd();
    other.metadata.name = Some("gizmos.example.com".into());
    let previous = Previous::of(&to_yaml([Gadget::crd()]).unwrap());
    let comparison = compare(previous.path(), &[Gadget::crd(), other]).unwrap();
    assert_eq!(comparison.breaks(), 0);
    assert_eq!(
        comparison.to_string(),
        "gadgets.example.com: is compatible\ngizmos.example.com: is new\n"
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_compared_with_is_named() {
    let missing = Path::new("/nonexistent/crds.yaml");
    let message = check(missing).await.unwrap_err();
    assert!(
        message.starts_with("/nonexistent/crds.yaml: cannot be read: "),
        "{message}"
    );
    for (text, expected) in [
        ("kind: [", ", document 1: "),
        (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n",
            ": no CustomResourceDefinition in it: commit what the command `crd` of the previous release prints",
        ),
        (
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\nspec: 1\n",
            ", document 1: not a CustomResourceDefinition of apiextensions.k8s.io/v1: ",
        ),
        (
            "apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n",
            ", document 1: not a CustomResourceDefinition of apiextensions.k8s.io/v1: ",
        ),
    ] {
        let previous = Previous::of(text);
        let message = check(&previous.path()).await.unwrap_err();
        let expected = format!("{}{expected}", previous.path().display());
        assert!(message.starts_with(&expected), "{message}\nis not\n{expected}");
    }
}
