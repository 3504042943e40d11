//! The paths of a resource: which operations there are, under which names, with which parameters.

use serde_json::{Map, Value, json};

use super::schemas::{list_name_of, name_of, reference};
use crate::apiserver::types::{DefinitionId, ResourceType, Subresource};

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

const LIST_PARAMETERS: [(&str, &str); 10] = [
    ("allowWatchBookmarks", "boolean"),
    ("continue", "string"),
    ("fieldSelector", "string"),
    ("labelSelector", "string"),
    ("limit", "integer"),
    ("resourceVersion", "string"),
    ("resourceVersionMatch", "string"),
    ("sendInitialEvents", "boolean"),
    ("timeoutSeconds", "integer"),
    ("watch", "boolean"),
];
const WRITE_PARAMETERS: [(&str, &str); 3] = [
    ("dryRun", "string"),
    ("fieldManager", "string"),
    ("fieldValidation", "string"),
];
const PATCH_PARAMETERS: [(&str, &str); 4] = [
    ("dryRun", "string"),
    ("fieldManager", "string"),
    ("fieldValidation", "string"),
    ("force", "boolean"),
];
const DELETE_PARAMETERS: [(&str, &str); 4] = [
    ("dryRun", "string"),
    ("gracePeriodSeconds", "integer"),
    ("orphanDependents", "boolean"),
    ("propagationPolicy", "string"),
];

/// Adds the paths of a resource and its subresources.
pub(super) fn of_resource(resource: &ResourceType, paths: &mut Map<String, Value>) {
    let names = Names::of(resource);
    let root = if resource.group.is_empty() {
        format!("/api/{}", resource.version)
    } else {
        format!("/apis/{}/{}", resource.group, resource.version)
    };
    let has = |verb: &str| resource.verbs.iter().any(|known| &**known == verb);
    let base = if resource.namespaced {
        if has("list") {
            let all = Operation::new(
                resource,
                "list",
                format!("list{}{}ForAllNamespaces", names.version, resource.kind),
            );
            let item = json!({"get": all.listing(), "parameters": parameters("query", &LIST_PARAMETERS)});
            paths.insert(format!("{root}/{}", resource.plural), item);
        }
        format!("{root}/namespaces/{{namespace}}/{}", resource.plural)
    } else {
        format!("{root}/{}", resource.plural)
    };
    let mut in_path = Vec::new();
    if resource.namespaced {
        in_path.push(("namespace", "string"));
    }
    let mut collection = Map::new();
    let mut object = Map::new();
    let id = |verb: &str, infix: &str| format!("{verb}{}{infix}{}", names.version, names.kind);
    if has("list") {
        collection.insert(
            "get".into(),
            Operation::new(resource, "list", id("list", "")).listing(),
        );
    }
    if has("create") {
        collection.insert(
            "post".into(),
            Operation::new(resource, "post", id("create", "")).writing(&WRITE_PARAMETERS),
        );
    }
    if has("deletecollection") {
        let operation = Operation::new(resource, "deletecollection", id("delete", "Collection"));
        collection.insert("delete".into(), operation.deleting());
    }
    if has("get") {
        object.insert(
            "get".into(),
            Operation::new(resource, "get", id("read", "")).reading(),
        );
    }
    if has("update") {
        object.insert(
            "put".into(),
            Operation::new(resource, "put", id("replace", "")).writing(&WRITE_PARAMETERS),
        );
    }
    if has("delete") {
        object.insert(
            "delete".into(),
            Operation::new(resource, "delete", id("delete", "")).deleting(),
        );
    }
    if has("patch") {
        object.insert(
            "patch".into(),
            Operation::new(resource, "patch", id("patch", "")).patching(),
        );
    }
    insert(paths, base.clone(), collection, &in_path);
    in_path.insert(0, ("name", "string"));
    let base = format!("{base}/{{name}}");
    insert(paths, base.clone(), object, &in_path);
    for subresource in &resource.subresources {
        let operations = of_subresource(resource, subresource, &names);
        insert(
            paths,
            format!("{base}/{}", subresource.name),
            operations,
            &in_path,
        );
    }
}

fn insert(
    paths: &mut Map<String, Value>,
    path: String,
    mut item: Map<String, Value>,
    in_path: &[(&str, &str)],
) {
    if item.is_empty() {
        return;
    }
    item.insert("parameters".into(), parameters("path", in_path));
    paths.insert(path, item.into());
}

fn of_subresource(resource: &ResourceType, subresource: &Subresource, names: &Names) -> Map<String, Value> {
    let mut item = Map::new();
    let suffix = capitalised(&subresource.name);
    for verb in &subresource.verbs {
        let (method, action, word) = match &**verb {
            "get" => ("get", "get", "read"),
            "create" => ("post", "post", "create"),
            "update" => ("put", "put", "replace"),
            "patch" => ("patch", "patch", "patch"),
            "delete" => ("delete", "delete", "delete"),
            _ => continue,
        };
        let connects = matches!(&*subresource.name, "attach" | "exec" | "portforward" | "proxy");
        let operation = if connects {
            let id = format!(
                "connect{}{}{}{suffix}",
                names.version,
                capitalised(method),
                names.kind
            );
            Operation::new(resource, "connect", id)
        } else {
            Operation::new(
                resource,
                action,
                format!("{word}{}{}{suffix}", names.version, names.kind),
            )
        };
        let operation = operation.about(resource, subresource);
        let operation = match method {
            "get" => operation.reading(),
            "patch" => operation.patching(),
            "delete" => operation.deleting(),
            _ => operation.writing(&WRITE_PARAMETERS),
        };
        item.insert(method.into(), operation);
    }
    item
}

/// How operations on a resource are called.
struct Names {
    /// Group and version in camel case: `AppsV1`.
    version: String,
    /// The kind, and whether it lives in a namespace: `NamespacedDeployment`.
    kind: String,
}

impl Names {
    fn of(resource: &ResourceType) -> Self {
        Self {
            version: format!("{}{}", camel_group(resource), capitalised(&resource.version)),
            kind: if resource.namespaced {
                format!("Namespaced{}", resource.kind)
            } else {
                resource.kind.to_string()
            },
        }
    }
}

fn camel_group(resource: &ResourceType) -> String {
    if resource.group.is_empty() {
        return "Core".into();
    }
    let group = resource.group.strip_suffix(".k8s.io").unwrap_or(&resource.group);
    group.split(['.', '-']).map(capitalised).collect()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// An operation on its way to JSON.
struct Operation {
    fields: Map<String, Value>,
    schema: Value,
    list_schema: Value,
    custom: bool,
}

impl Operation {
    fn new(resource: &ResourceType, action: &str, id: String) -> Self {
        let kind = json!({"group": resource.group, "version": resource.version, "kind": resource.kind});
        let fields = [
            ("operationId", id.into()),
            ("x-kubernetes-action", action.into()),
            ("x-kubernetes-group-version-kind", kind),
        ];
        Self {
            fields: fields
                .map(|(key, value)| (key.to_owned(), value))
                .into_iter()
                .collect(),
            schema: schema(&name_of(resource), resource),
            list_schema: schema(&list_name_of(resource), resource),
            custom: resource.custom.is_some(),
        }
    }

    /// The same for a subresource, which may answer with another kind.
    fn about(mut self, resource: &ResourceType, subresource: &Subresource) -> Self {
        let Some((group, version, kind)) = &subresource.kind else {
            return self;
        };
        let own = version.is_empty();
        let (group, version) = if own {
            (&resource.group, &resource.version)
        } else {
            (group, version)
        };
        self.fields.insert(
            "x-kubernetes-group-version-kind".into(),
            json!({"group": group, "version": version, "kind": kind}),
        );
        let package = group.split('.').next().filter(|package| !package.is_empty());
        let name = format!("io.k8s.api.{}.{version}.{kind}", package.unwrap_or("core"));
        self.schema = match DefinitionId::named(&name) {
            Some(_) if !own => reference(&name),
            _ => json!({}),
        };
        self
    }

    fn reading(self) -> Value {
        let schema = self.schema.clone();
        self.finish(&[("resourceVersion", "string")], None, &schema)
    }

    fn listing(self) -> Value {
        let schema = self.list_schema.clone();
        self.finish(&LIST_PARAMETERS, None, &schema)
    }

    fn writing(self, query: &[(&str, &str)]) -> Value {
        let schema = self.schema.clone();
        let body = content(&["application/json", "application/yaml"], &schema);
        self.finish(query, Some(body), &schema)
    }

    fn patching(self) -> Value {
        let mut types = vec![
            "application/apply-patch+yaml",
            "application/json-patch+json",
            "application/merge-patch+json",
        ];
        if !self.custom {
            types.push("application/strategic-merge-patch+json");
        }
        let schema = self.schema.clone();
        let body = content(&types, &reference(&format!("{META}.Patch")));
        self.finish(&PATCH_PARAMETERS, Some(body), &schema)
    }

    fn deleting(self) -> Value {
        let options = reference(&format!("{META}.DeleteOptions"));
        let body = content(&["application/json", "application/yaml"], &options);
        let status = reference(&format!("{META}.Status"));
        self.finish(&DELETE_PARAMETERS, Some(body), &status)
    }

    fn finish(mut self, query: &[(&str, &str)], body: Option<Value>, answer: &Value) -> Value {
        self.fields
            .insert("parameters".into(), parameters("query", query));
        if let Some(body) = body {
            self.fields
                .insert("requestBody".into(), json!({"content": body, "required": true}));
        }
        let answer = content(&["application/json", "application/yaml"], answer);
        self.fields.insert(
            "responses".into(),
            json!({"200": {"description": "OK", "content": answer}, "401": {"description": "Unauthorized"}}),
        );
        self.fields.into()
    }
}

/// A reference to a schema that the document has; a schema that says nothing where there is none.
fn schema(name: &str, resource: &ResourceType) -> Value {
    if resource.custom.is_some() || DefinitionId::named(name).is_some() {
        reference(name)
    } else {
        json!({})
    }
}

fn content(types: &[&str], schema: &Value) -> Value {
    let entries = types
        .iter()
        .map(|kind| ((*kind).to_owned(), json!({"schema": schema})));
    Value::Object(entries.collect())
}

fn parameters(place: &str, list: &[(&str, &str)]) -> Value {
    list.iter()
        .map(|(name, value_type)| {
            let mut parameter =
                json!({"name": name, "in": place, "schema": {"type": value_type, "uniqueItems": true}});
            if place == "path" {
                parameter["required"] = true.into();
            }
            parameter
        })
        .collect()
}
