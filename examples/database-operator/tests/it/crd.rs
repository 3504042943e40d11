//! The CRD as a golden file.

use database_operator::api::Database;
use kube::CustomResourceExt;

/// `UPDATE_GOLDEN=1 cargo test -p database-operator crd` writes the file again.
#[test]
fn the_definition_is_the_golden_file() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/manifests/crd/databases.example.com.yaml"
    );
    let made = serde_saphyr::to_string(&Database::crd()).unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(
        made == kept,
        "the CRD differs from {path}; UPDATE_GOLDEN=1 writes it again. It is now:\n{made}"
    );
}
