//! One case for each check. `TRYBUILD=overwrite cargo test -p operator-derive-ui` writes the expected messages anew.

#[test]
fn every_mistake_is_explained_where_it_is_made() {
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}
