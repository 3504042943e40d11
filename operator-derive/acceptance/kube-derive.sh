#!/usr/bin/env bash
# Runs kube-derive's own tests on our derive. Their source is taken from the cargo registry into target/; nothing of it is
# kept here. The default test suite does not run this: it needs the published crate.
#
#   operator-derive/acceptance/kube-derive.sh [VERSION]
#
# It passes when exactly the tests listed under DIFFERENCES fail. Each is a deliberate difference of ours, explained in
# docs/api-types.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
version=${1:-5.0.0}
work=$root/target/kube-derive-acceptance

DIFFERENCES=(
  # Labels and annotations of the definition are not put on every object.
  crd_schema_test::test_serialized_matches_expected
)

mkdir -p "$work/src"
cat > "$work/Cargo.toml" <<TOML
[package]
name = "kube-derive-acceptance"
version = "0.0.0"
edition = "2024"
publish = false

[workspace]

[dependencies]
operator-core = { path = "$root/operator-core" }
kube = { version = "=$version", default-features = false, features = ["client", "cel"] }
k8s-openapi = { version = "0.29", features = ["schemars"] }
schemars = { version = "1", features = ["jiff02"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
jiff = "0.2"

[dev-dependencies]
# Named so that cargo downloads it; the tests do not link it.
kube-derive = "=$version"
assert-json-diff = "2"
TOML
: > "$work/src/lib.rs"
cp Cargo.lock "$work/Cargo.lock"
cargo fetch --quiet --manifest-path "$work/Cargo.toml"
source=$(cargo metadata --format-version 1 --manifest-path "$work/Cargo.toml" |
  python3 -c 'import json, os, sys
for package in json.load(sys.stdin)["packages"]:
    if package["name"] == "kube-derive":
        print(os.path.dirname(package["manifest_path"]))')

rm -rf "$work/tests"
cp -r "$source/tests" "$work/tests"
chmod -R u+w "$work/tests"
rm -rf "$work/examples" && mkdir "$work/examples"
mv "$work"/tests/ui/*.rs "$work/examples/"
rm -rf "$work/tests/ui" "$work/tests/test_ui.rs"
# Every macro comes from us, every trait and type stays kube's. What panics there must panic here; in which words is
# ours, as for what does not compile.
find "$work/tests" "$work/examples" -name '*.rs' -exec sed -i -E \
  -e 's/\bkube_derive::/operator_core::/g' \
  -e 's/#\[should_panic = ".*"\]/#[should_panic]/' \
  -e 's/^use kube::KubeSchema;/use operator_core::KubeSchema;/' \
  -e 's/^use kube::\{CustomResource, CustomResourceExt\};/use kube::CustomResourceExt; use operator_core::CustomResource;/' \
  -e 's/^use kube::\{CustomResourceExt, KubeSchema, /use operator_core::KubeSchema; use kube::{CustomResourceExt, /' {} +

# The Kubernetes version of k8s-openapi is chosen in .cargo/config.toml, which cargo reads from here too.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$work/target}
report=$work/report.txt
cargo test --manifest-path "$work/Cargo.toml" --no-fail-fast --tests -- --skip accepted_by_an_api_server > "$report" 2>&1 || true

# What kube-derive refuses we refuse, in words of our own: each of its cases must not compile.
cargo build --manifest-path "$work/Cargo.toml" --examples --keep-going --message-format short > "$work/refused.txt" 2>&1 || true
accepted=0
for case in "$work"/examples/*.rs; do
  name=$(basename "$case" .rs)
  if ! grep -q "^examples/$name.rs:.*error" "$work/refused.txt"; then
    echo "is refused by kube-derive and compiles: $name"
    accepted=$((accepted + 1))
  fi
done
echo "$(ls "$work"/examples/*.rs | wc -l) mistakes of kube-derive's tests: $accepted compile"

python3 - "$report" "${DIFFERENCES[@]}" <<'PYTHON'
import re, sys
report, expected = open(sys.argv[1]).read(), set(sys.argv[2:])
binary, ran, failed = "", 0, set()
for line in report.splitlines():
    if m := re.search(r"Running tests/(\w+)\.rs", line):
        binary = m.group(1)
    elif m := re.match(r"test (\S+)(?: - should panic)? \.\.\. (ok|FAILED)", line):
        ran += 1
        if m.group(2) == "FAILED":
            failed.add(f"{binary}::{m.group(1)}")
if ran < 25:
    sys.exit(f"only {ran} tests ran, see {sys.argv[1]}")
for name in sorted(failed - expected):
    print(f"fails: {name}")
for name in sorted(expected - failed):
    print(f"is listed as a difference and passes: {name}")
print(f"{ran} tests of kube-derive: {ran - len(failed)} pass, {len(failed & expected)} differ deliberately")
sys.exit(failed != expected)
PYTHON
[ "$accepted" = 0 ]
