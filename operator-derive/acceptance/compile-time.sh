#!/usr/bin/env bash
# Compile time of a crate with many derived kinds: our derive beside kube-derive, the same source but for the import.
#
#   operator-derive/acceptance/compile-time.sh [KINDS] [RUNS]
#
# Dependencies are built first and not counted. Prints the CPU seconds of `cargo check` and of `cargo build` of that one
# crate, the best of RUNS, and the ratio. The goal is a ratio of at most 1.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
kinds=${1:-30}
runs=${2:-5}
work=$root/target/compile-time
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$work/target}

for side in ours peer; do
  mkdir -p "$work/$side/src"
  cat > "$work/$side/Cargo.toml" <<TOML
[package]
name = "kinds-$side"
version = "0.0.0"
edition = "2024"
publish = false

[workspace]

[dependencies]
operator-core = { path = "$root/operator-core" }
kube = { version = "5", default-features = false, features = ["client", "derive"] }
k8s-openapi = { version = "0.29", features = ["schemars"] }
schemars = "1"
serde = { version = "1", features = ["derive"] }
serde_json = "1"
TOML
  cp Cargo.lock "$work/$side/Cargo.lock"
  import=$([ $side = ours ] && echo operator_core::CustomResource || echo kube::CustomResource)
  python3 - "$kinds" "$import" > "$work/$side/src/lib.rs" <<'PYTHON'
import sys
kinds, use = int(sys.argv[1]), sys.argv[2]
print(f"use {use};\nuse schemars::JsonSchema;\nuse serde::{{Deserialize, Serialize}};")
for n in range(kinds):
    print(f'''
#[derive(CustomResource, Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[kube(
    group = "example.com", version = "v1", kind = "Kind{n}", namespaced, status = "Status{n}", derive = "PartialEq",
    shortname = "k{n}", category = "all",
    printcolumn(name = "Name", type_ = "string", json_path = ".spec.name"),
    printcolumn(name = "Replicas", type_ = "integer", json_path = ".spec.replicas"),
    printcolumn(name = "Ready", type_ = "boolean", json_path = ".status.ready"),
    scale(spec_replicas_path = ".spec.replicas", status_replicas_path = ".status.replicas"),
)]
#[serde(rename_all = "camelCase")]
pub struct Kind{n}Spec {{
    pub name: String,
    #[schemars(range(min = 1, max = 10))]
    pub replicas: i32,
    pub labels: std::collections::BTreeMap<String, String>,
    pub mode: Option<Mode{n}>,
}}
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub enum Mode{n} {{ Fast, Safe }}
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Status{n} {{ pub ready: bool, pub replicas: i32 }}''')
print("\nuse kube::CustomResourceExt as _;\npub fn all() -> Vec<k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition> {")
print("    vec![" + ", ".join(f"Kind{n}::crd()" for n in range(kinds)) + "]\n}")
PYTHON
done

# CPU seconds of one cargo command on one crate that is out of date.
once() {
  touch "$work/$1/src/lib.rs"
  python3 - "$2" "$work/$1/Cargo.toml" <<'PYTHON'
import os, resource, subprocess, sys
subprocess.run(["cargo", sys.argv[1], "--quiet", "--manifest-path", sys.argv[2]], check=True, env=dict(os.environ, CARGO_INCREMENTAL="0"))
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{used.ru_utime + used.ru_stime:.2f}")
PYTHON
}

printf '%-8s %10s %10s %8s\n' command ours peer ratio
for command in check build; do
  for side in ours peer; do once $side $command > /dev/null; done
  declare -A best=([ours]=999999 [peer]=999999)
  for _ in $(seq "$runs"); do
    for side in ours peer; do
      seconds=$(once $side $command)
      best[$side]=$(python3 -c "print(min(${best[$side]}, $seconds))")
    done
  done
  printf '%-8s %9ss %9ss %8s\n' $command "${best[ours]}" "${best[peer]}" \
    "$(python3 -c "print(f'{${best[ours]} / ${best[peer]}:.2f}')")"
done
