//! Every shape a Rust type can have, and the structural schema it becomes. The golden file is accepted by an API server.

use std::collections::{BTreeMap, BTreeSet};

use kube::CustomResourceExt as _;
use operator_core::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::golden;

#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(
    group = "example.com",
    version = "v1",
    kind = "Shape",
    doc = "One field of every shape."
)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShapeSpec {
    plain: Plain,
    documented: Documented,
    external: External,
    internal: Internal,
    adjacent: Adjacent,
    untagged: Untagged,
    scalar_or: NumberOrText,
    optional_plain: Option<Plain>,
    optional_internal: Option<Internal>,
    #[serde(flatten)]
    flattened: Adjacent2,
    newtype: Newtype,
    pair: (i32, i32),
    mixed_pair: (String, i32),
    unit: Unit,
    set: BTreeSet<String>,
    map: BTreeMap<String, Vec<Plain>>,
    any: Value,
    optional_any: Option<Value>,
    recursive: Tree,
    #[schemars(range(max = 1.5), extend("exclusiveMinimum" = 0))]
    ratio: f32,
    #[serde(default)]
    defaults: Defaults,
    open: Open,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
enum Plain {
    A,
    B,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
enum Documented {
    /// The first.
    A,
    B,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum External {
    /// With fields.
    Fields {
        size: i32,
    },
    One(String),
    Empty {},
}

/// Told apart by a field of its own.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Internal {
    /// On a volume.
    Volume { size_in_gi: u32, class: Option<String> },
    /// In a bucket.
    Bucket { name: String, class: Option<String> },
    /// Nowhere.
    None,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", content = "value")]
enum Adjacent {
    A { x: i32 },
    B { y: String },
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "flatKind")]
enum Adjacent2 {
    Left { left: i32 },
    Right { right: i32 },
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    A { shared: i32, a: String },
    B { shared: i32, b: String },
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
enum NumberOrText {
    Number(i32),
    Text(String),
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Newtype(#[schemars(length(max = 5))] String);

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Unit {}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Tree {
    name: String,
    children: Vec<Tree>,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
struct Defaults {
    text: String,
    number: i32,
    list: Vec<i32>,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            text: "x".into(),
            number: 7,
            list: vec![1],
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Open {
    known: String,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[test]
fn the_definition_is_the_golden_one() {
    golden::same("shape", &Shape::crd());
}

#[allow(clippy::unwrap_used, reason = "called by tests, and fails as they do")]
fn spec_of(
    crd: &k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
) -> Value {
    let schema = crd.spec.versions[0]
        .schema
        .as_ref()
        .unwrap()
        .open_api_v3_schema
        .as_ref()
        .unwrap();
    serde_json::to_value(schema).unwrap()["properties"]["spec"].clone()
}

#[test]
fn an_internally_tagged_enum_keeps_its_variants_apart() {
    let internal = &spec_of(&Shape::crd())["properties"]["internal"];
    assert_eq!(
        internal["properties"]["type"],
        json!({"type": "string", "enum": ["volume", "bucket", "none"]})
    );
    assert_eq!(
        internal["oneOf"],
        json!([
            {"properties": {"type": {"enum": ["volume"]}}, "required": ["sizeInGi", "type"]},
            {"properties": {"type": {"enum": ["bucket"]}}, "required": ["name", "type"]},
            {"properties": {"type": {"enum": ["none"]}}, "required": ["type"]},
        ])
    );
}

#[test]
fn a_number_or_a_text_is_kubernetes_int_or_string() {
    let either = &spec_of(&Shape::crd())["properties"]["scalarOr"];
    assert_eq!(either["x-kubernetes-int-or-string"], true);
}

/// Rules and strategies beside what schemars knows.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, Serialize)]
#[kube(
    group = "example.com",
    version = "v1",
    kind = "Ruled",
    validation = Rule::new("self.metadata.name != 'root'").message("is taken"),
)]
#[x_kube(validation = "self.max >= self.min")]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RuledSpec {
    #[x_kube(validation = Rule::new("self >= 0").message("must not be negative").reason(Reason::FieldValueInvalid))]
    #[x_kube(validation = "self < 100")]
    min: i32,
    max: i32,
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    list: Vec<Named>,
    #[x_kube(merge_strategy = StructMerge::Atomic)]
    whole: Named,
}

impl Default for RuledSpec {
    fn default() -> Self {
        Self {
            min: 1,
            max: 2,
            list: Vec::new(),
            whole: Named { name: "n".into() },
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Named {
    name: String,
}

#[test]
fn rules_and_strategies_are_in_the_schema() {
    golden::same("ruled", &Ruled::crd());
    let spec = spec_of(&Ruled::crd());
    assert_eq!(
        spec["properties"]["min"]["x-kubernetes-validations"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(spec["properties"]["min"]["default"], 1);
    assert_eq!(
        spec["properties"]["list"]["x-kubernetes-list-map-keys"],
        json!(["name"])
    );
    assert_eq!(spec["properties"]["whole"]["x-kubernetes-map-type"], "atomic");
    assert_eq!(
        spec["x-kubernetes-validations"][0]["rule"],
        "self.max >= self.min"
    );
}

/// A string in one variant and an object in another: no structural schema holds that.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "example.com", version = "v1", kind = "Impossible", check = false)]
pub(crate) struct ImpossibleSpec {
    either: StringOrObject,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
enum StringOrObject {
    Unit,
    Fields { size: i32 },
}

#[test]
#[should_panic(
    expected = "`.spec.either` is string in one variant and object in another, and Kubernetes allows one type: \
                           give every variant fields"
)]
fn what_cannot_be_structural_is_explained() {
    let _ = Impossible::crd();
}
