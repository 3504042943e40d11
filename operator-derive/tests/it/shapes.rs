//! Every shape a Rust type can have, and the structural schema it becomes. The golden file is accepted by an API server.

use std::collections::{BTreeMap, BTreeSet};

use kube::CustomResourceExt as _;
use operator_core::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{golden, read::spec_of};

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

/// Without a tag, nobody knows which of the two a field is.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "example.com", version = "v1", kind = "Unclear", check = false)]
pub(crate) struct UnclearSpec {
    either: Unclear1,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
enum Unclear1 {
    Number {
        /// A number.
        value: i32,
    },
    Text {
        /// A text.
        value: String,
    },
}

#[test]
fn untagged_variants_that_disagree_are_explained() {
    let refused = std::panic::catch_unwind(Unclear::crd).unwrap_err();
    let message = refused.downcast_ref::<String>().unwrap();
    for part in [
        "`.spec.either.value` is an integer in one variant and a string in another",
        "`.spec.either.value` is described in two ways",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

/// Every way in which serde writes an enum, and every way in which one can be inside of another type.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, Serialize)]
#[kube(
    group = "example.com",
    version = "v1",
    kind = "Tagging",
    description_limit = 40
)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaggingSpec {
    /// It has a comment that is longer than the limit. This is what is cut off.
    internal: TagInternal,
    internal_list: Vec<TagInternal>,
    internal_map: BTreeMap<String, TagInternal>,
    optional: Option<TagAdjacent>,
    boxed: Box<TagExternal>,
    optional_external: Option<TagExternal>,
    untagged: TagUntagged,
    other: TagOther,
    nested: TagNested,
    #[serde(flatten)]
    flattened: TagFlat,
    tagged_struct: TagStruct,
    transparent: Transparent,
    unit: (),
    letter: char,
    large: i128,
    duration: std::time::Duration,
    array: [u8; 4],
    set: BTreeSet<i32>,
    numbered: BTreeMap<u32, String>,
}

/// Newtype variants of structs, a unit variant, and one with a name of its own.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum TagInternal {
    Held(Held),
    #[serde(rename = "else")]
    Other {
        some_size: u64,
    },
    Nothing,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
struct Held {
    path: String,
    #[serde(default)]
    mode: Option<u32>,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum TagAdjacent {
    Unit,
    Fields { a: i32 },
    Other { a: i32, b: bool },
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
enum TagExternal {
    Tuple(i32, i32),
    Newtype(Held),
    List(Vec<String>),
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
enum TagUntagged {
    Both { a: i32, b: String },
    One { a: i32 },
}

/// Whatever is not known is `Unknown`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum TagOther {
    FirstOne,
    SecondOne,
    #[serde(other)]
    Unknown,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind")]
enum TagNested {
    Outer { inner: TagInternal },
    Deep { list: Vec<TagUntagged> },
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum TagFlat {
    FromUrl { url: String },
    FromFile { file: String },
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "is")]
struct TagStruct {
    size: i32,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
struct Transparent {
    inner: Vec<Held>,
}

#[test]
fn every_tagging_is_accepted() {
    golden::same("tagging", &Tagging::crd());
    let spec = spec_of(&Tagging::crd());
    let (plain, optional) = (
        &spec["properties"]["boxed"],
        &spec["properties"]["optionalExternal"],
    );
    assert_eq!(optional["nullable"], true);
    assert_eq!(optional["properties"], plain["properties"]);
    assert!(
        optional.get("x-kubernetes-preserve-unknown-fields").is_none(),
        "null opens nothing"
    );
    assert_eq!(
        spec["properties"]["internal"]["description"],
        "It has a comment that is longer than…"
    );
    assert_eq!(
        spec["properties"]["internal"]["properties"]["type"]["enum"],
        json!(["held", "else", "nothing"])
    );
}
