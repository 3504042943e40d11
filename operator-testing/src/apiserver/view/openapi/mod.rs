//! OpenAPI: the schemas of everything that is served, for `kubectl explain`, for validation and for patches.
//!
//! Version 3 has one document a group version and an index of them; version 2 has one document for all. Descriptions of the
//! built-in kinds are left out.

mod paths;
mod schemas;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{discovery::etag, server::KUBERNETES_VERSION};
use crate::apiserver::types::{TypeSnapshot, Version};

/// `/openapi/v3`: where the document of each group version is.
pub fn index(types: &TypeSnapshot) -> Value {
    let mut paths = Map::new();
    for path in ["api", "apis", "version"] {
        paths.insert(path.into(), entry(path, KUBERNETES_VERSION));
    }
    for version in types.versions() {
        let path = path_of(version);
        let custom = version.resources.iter().any(|resource| resource.custom.is_some());
        let hash = if custom {
            let document = of_version(version).to_string();
            etag(document.as_bytes()).trim_matches('"').to_owned()
        } else {
            KUBERNETES_VERSION.to_owned()
        };
        if !custom && !version.group.is_empty() {
            let group = format!("apis/{}", version.group);
            let group_entry = entry(&group, KUBERNETES_VERSION);
            paths.insert(group, group_entry);
        }
        let version_entry = entry(&path, &hash);
        paths.insert(path, version_entry);
    }
    json!({"paths": paths})
}

fn entry(path: &str, hash: &str) -> Value {
    json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={hash}")})
}

fn path_of(version: &Version) -> String {
    if version.group.is_empty() {
        format!("api/{}", version.version)
    } else {
        format!("apis/{}/{}", version.group, version.version)
    }
}

/// `/openapi/v3/PATH`: one document of the index; `None` if the index does not have it.
pub fn document(types: &TypeSnapshot, path: &str) -> Option<Value> {
    let path = path.trim_matches('/');
    let parts: Vec<_> = path.split('/').collect();
    let plain = || Some(plain_document(path));
    match parts.as_slice() {
        ["api" | "apis" | "version"] => plain(),
        ["api", version] => types.version("", version).map(of_version),
        ["apis", group] => types.versions_of(group).next().and_then(|_| plain()),
        ["apis", group, version] => types.version(group, version).map(of_version),
        _ => None,
    }
}

/// `/openapi/v2`: every schema in one document.
pub fn swagger(types: &TypeSnapshot) -> Value {
    let mut definitions = Map::new();
    for version in types.versions() {
        definitions.extend(schemas::of_version(version));
    }
    let text = Value::Object(definitions)
        .to_string()
        .replace("#/components/schemas/", "#/definitions/");
    let definitions: Value =
        serde_json::from_str(&text).expect("replacing a reference by another leaves JSON");
    json!({
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": KUBERNETES_VERSION},
        "paths": {},
        "definitions": definitions,
    })
}

/// The media type of the old document in protobuf.
pub(super) const SWAGGER_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// The old document in protobuf, without paths and definitions: the version of the format and the title.
pub(super) fn empty_swagger() -> Bytes {
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).expect("the document is short");
        let mut bytes = vec![number << 3 | 2, length];
        bytes.extend_from_slice(content);
        bytes
    }
    let info = [field(1, b"Kubernetes"), field(2, KUBERNETES_VERSION.as_bytes())].concat();
    [field(1, b"2.0"), field(2, &info), field(8, b"")].concat().into()
}

fn of_version(version: &Version) -> Value {
    let mut all = Map::new();
    for resource in &version.resources {
        paths::of_resource(resource, &mut all);
    }
    let custom = version.resources.iter().any(|resource| resource.custom.is_some());
    let info = if custom {
        json!({"title": "Kubernetes CRD Swagger", "version": "v0.1.0"})
    } else {
        json!({"title": "Kubernetes", "version": "1.36"})
    };
    json!({
        "openapi": "3.0.0",
        "info": info,
        "paths": all,
        "components": {"schemas": schemas::of_version(version)},
    })
}

/// The document of a path without kinds: that it can be read.
fn plain_document(path: &str) -> Value {
    let read = json!({"get": {
        "operationId": format!("get {path}"),
        "responses": {"200": {"description": "OK"}, "401": {"description": "Unauthorized"}},
    }});
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "1.36"},
        "paths": {format!("/{path}/"): read},
        "components": {"schemas": {}},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::types::TypeTable;

    /// Every `$ref` in a document.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_document_of_the_index_is_there_and_whole() {
        let types = TypeTable::new().snapshot();
        let index = index(&types);
        let paths = index["paths"].as_object().expect("an index has paths");
        assert!(paths.len() > 40);
        for path in paths.keys() {
            let document = document(&types, path).expect(path);
            let mut found = Vec::new();
            references(&document, &mut found);
            for reference in found {
                let pointer = reference.trim_start_matches('#');
                assert!(document.pointer(pointer).is_some(), "{path}: {reference}");
            }
        }
    }

    #[test]
    fn operations_say_which_kind_they_are_about() {
        let types = TypeTable::new().snapshot();
        let apps = document(&types, "apis/apps/v1").expect("apps is built in");
        let create = &apps["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments"]["post"];
        assert_eq!(create["operationId"], "createAppsV1NamespacedDeployment");
        assert_eq!(create["x-kubernetes-action"], "post");
        assert_eq!(create["x-kubernetes-group-version-kind"]["kind"], "Deployment");
        let core = document(&types, "api/v1").expect("the core group is built in");
        let list = &core["paths"]["/api/v1/namespaces"]["get"];
        assert_eq!(list["operationId"], "listCoreV1Namespace");
        let evict = &core["paths"]["/api/v1/namespaces/{namespace}/pods/{name}/eviction"]["post"];
        assert_eq!(evict["operationId"], "createCoreV1NamespacedPodEviction");
        assert_eq!(evict["x-kubernetes-group-version-kind"]["kind"], "Eviction");
        assert_eq!(document(&types, "apis/none.example.com/v1"), None);
    }

    #[test]
    fn the_old_document_refers_to_its_own_definitions() {
        let swagger = swagger(&TypeTable::new().snapshot());
        assert_eq!(swagger["swagger"], "2.0");
        let mut found = Vec::new();
        references(&swagger, &mut found);
        assert!(found.len() > 500);
        for reference in found {
            assert!(
                swagger.pointer(reference.trim_start_matches('#')).is_some(),
                "{reference}"
            );
        }
    }
}
