//! What the server knows about a kind.

use std::sync::Arc;

use super::schema::SchemaRef;

/// A served resource in one API version: where it lives, what it is called, which rules apply to it.
///
/// Built-in resources come from the committed table, custom ones from their CustomResourceDefinition.
#[derive(Clone, Debug)]
pub struct ResourceType {
    /// The API group; empty for the core group.
    pub group: Arc<str>,
    /// The version of this view of the resource.
    pub version: Arc<str>,
    /// The kind, as in `kind:`.
    pub kind: Arc<str>,
    /// The kind of a list of them.
    pub list_kind: Arc<str>,
    /// The plural, lower-case name used in paths.
    pub plural: Arc<str>,
    /// The singular name.
    pub singular: Arc<str>,
    /// Short names for kubectl.
    pub short_names: Vec<Arc<str>>,
    /// Groupings such as `all`.
    pub categories: Vec<Arc<str>>,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// The verbs that discovery lists.
    pub verbs: Vec<Arc<str>>,
    /// The subresources served for it.
    pub subresources: Vec<Subresource>,
    /// The schema of the whole object; `None` where nothing is known about its fields.
    pub schema: Option<SchemaRef>,
    /// The rules that differ from kind to kind.
    pub rules: Rules,
    /// Fields that field selectors may name besides `metadata.name` and `metadata.namespace`, with the path of each.
    pub selectable_fields: Vec<SelectableField>,
    /// Where the scale subresource finds its numbers, if there is one.
    pub scale: Option<ScalePaths>,
    /// The columns of its table.
    pub columns: Vec<Column>,
    /// What discovery calls `storageVersionHash`; empty where it shows none.
    pub storage_version_hash: Arc<str>,
    /// What a client is warned of when it uses this version.
    pub deprecation_warning: Option<Arc<str>>,
    /// `Some` for a custom resource.
    pub custom: Option<Arc<super::CustomType>>,
}

impl ResourceType {
    /// `plural.group`, or the plural alone in the core group: how messages name a resource.
    pub fn group_resource(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_string()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    /// `group/version`, or the version alone in the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `Kind.group`, or the kind alone in the core group: how messages about invalid objects name a kind.
    pub fn group_kind(&self) -> String {
        if self.group.is_empty() {
            self.kind.to_string()
        } else {
            format!("{}.{}", self.kind, self.group)
        }
    }

    /// The subresource of that name, if it is served.
    pub fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.subresources
            .iter()
            .find(|subresource| &*subresource.name == name)
    }
}

/// A subresource such as `status` or `scale`.
#[derive(Clone, Debug)]
pub struct Subresource {
    /// The last part of its path.
    pub name: Arc<str>,
    /// The kind it answers with, where it differs from the resource's (`Scale`, `Eviction`, ...).
    pub kind: Option<(Arc<str>, Arc<str>, Arc<str>)>,
    /// The verbs that discovery lists.
    pub verbs: Vec<Arc<str>>,
}

/// Where the scale subresource finds its numbers in an object.
#[derive(Clone, Debug)]
pub struct ScalePaths {
    /// The path of the number of replicas asked for.
    pub spec_replicas: Vec<Arc<str>>,
    /// The path of the number of replicas seen.
    pub status_replicas: Vec<Arc<str>>,
    /// The path of the selector: a string in custom resources, a label selector (or a map of labels) in built-in kinds.
    pub label_selector: Option<Vec<Arc<str>>>,
}

/// What the first column of most tables means.
pub(super) const NAME_COLUMN: &str = "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a \
    client to request the generation of an appropriate name automatically. Name is primarily intended for creation \
    idempotence and configuration definition. Cannot be updated. More info: \
    https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";

/// What the column with the time of creation means.
pub(super) const CREATION_COLUMN: &str = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be \
    set in happens-before order across separate operations. Clients may not set this value. It is represented in \
    RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: \
    https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/// A column of a resource's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The heading.
    pub name: Arc<str>,
    /// `integer`, `number`, `string`, `boolean` or `date`.
    pub column_type: Arc<str>,
    /// The OpenAPI format, or `name`; may be empty.
    pub format: Arc<str>,
    /// Anything above zero is shown in wide output only.
    pub priority: i32,
    /// What the column means; most columns of built-in kinds have descriptions of their own, left out here.
    pub description: Arc<str>,
    /// Where a custom resource keeps the value, as a JSONPath with its leading dot; `None` for built-in kinds.
    pub json_path: Option<Arc<str>>,
}

/// A field that a field selector may name.
#[derive(Clone, Debug)]
pub struct SelectableField {
    /// The name as written in the selector, for example `status.phase`.
    pub name: Arc<str>,
    /// Where the value is: the first of these paths that leads to a value that is not empty.
    pub paths: Vec<Vec<Arc<str>>>,
    /// What an object without the field counts as.
    pub missing: Arc<str>,
}

/// The rules that differ from kind to kind.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What a name may look like.
    pub name: NameRule,
    /// Whether the server counts generations.
    pub generation: bool,
    /// Whether `PUT` without a resource version is the last write that wins.
    pub unconditional_update: bool,
    /// Whether `PUT` to a name that does not exist creates it.
    pub create_on_update: bool,
    /// Whether a completed delete answers with the object instead of a Status.
    pub delete_returns_object: bool,
    /// Whether status is written only through the status subresource.
    pub status_subresource: bool,
    /// The default of `propagationPolicy`.
    pub default_propagation: Propagation,
    /// Whether a delete gives the object time to stop (pods).
    pub graceful_deletion: bool,
    /// Whether the garbage collector's finalizers apply (not to events).
    pub collectable: bool,
}

/// What happens to dependents when their owner is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// They are deleted afterwards.
    #[default]
    Background,
    /// They are deleted first.
    Foreground,
    /// They lose their owner reference and stay.
    Orphan,
}

/// What the name of an object may look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameRule {
    /// A DNS subdomain (RFC 1123), at most 253 characters.
    #[default]
    DnsSubdomain,
    /// A DNS label (RFC 1123), at most 63 characters.
    DnsLabel,
    /// A DNS label (RFC 1035), which starts with a letter.
    Dns1035Label,
    /// Anything that fits into a path segment.
    PathSegment,
    /// An IP address in its canonical form.
    IpAddress,
}
