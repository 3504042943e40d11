//! Definitions as files: `UPDATE_GOLDEN=1 cargo test -p operator-derive` writes them anew.

use std::{fs, path::PathBuf};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

/// Compares `crd` with `tests/golden/NAME.yaml`.
#[track_caller]
pub(crate) fn same(name: &str, crd: &CustomResourceDefinition) {
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "tests",
        "golden",
        &format!("{name}.yaml"),
    ]
    .iter()
    .collect();
    let is = serde_saphyr::to_string(crd).unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &is).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == is,
        "{} differs; if that is right, run UPDATE_GOLDEN=1 cargo test -p operator-derive.\n{is}",
        path.display()
    );
}
